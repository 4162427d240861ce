use std::fmt;
/// A point.
#[derive(Debug)]
pub struct Point<T> {
    pub x: T,
}
impl<T> Point<T> {
    pub fn new(x: T) -> Self {
        make(x)
    }
}
impl<T> fmt::Display for Point<T> {
    fn fmt(&self) {}
}
trait Shape: Base {
    fn area(&self) -> f64;
}
enum Color { Red, Green }
const LIMIT: u32 = 3;
mod inner {
    pub fn helper() { println!("x"); }
}
macro_rules! square { ($x:expr) => { $x * $x }; }
