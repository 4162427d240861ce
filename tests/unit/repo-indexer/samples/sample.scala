package shapes.flat

import shapes.core.{Base, Pen => Tool}
import shapes.util.Maths

/** A circle. */
class Circle(pen: Tool, val radius: Double) extends Base(radius) with Drawable {
  val changed = false
  // The area.
  def area(scale: Double): Double = {
    val local = square(scale)
    pen.width() * local
  }
}
object Circle { def unit() = new Circle(new Tool(), 1.0) }
trait Drawable { def draw(x: Int): Unit }
case class Pair(first: Int, second: Int)
enum Color { case Red, Green }
type Done = Int => Unit
