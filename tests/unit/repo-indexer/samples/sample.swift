import Foundation

let limit = 3

/// A circle.
class Circle: Base, Drawable {
    private let pen: Pen
    var radius = 1.0
    init(pen: Pen) { self.pen = pen }
    // The area.
    func area(scale: Double) -> Double {
        let local = square(scale)
        return pen.width() * local
    }
}
struct Point { var x: Int }
protocol Drawable { func draw(x: Int) }
enum Color { case red, green }
extension Circle { static func unit() -> Circle { return Circle(pen: Pen()) } }
typealias Done = (Int) -> Void
func helper(c: Circle) -> Double { return c.area(scale: 2) }
