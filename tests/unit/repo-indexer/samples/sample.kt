package shapes.flat

import shapes.core.Base
import shapes.core.Pen as Tool

const val LIMIT = 3

/** A circle. */
class Circle(private val pen: Tool, val radius: Double) : Base(radius), Drawable {
    var changed = false
    // The area.
    override fun area(scale: Double): Double {
        val local = square(scale)
        return pen.width() * local
    }
    companion object { fun unit() = Circle(Tool(), 1.0) }
}
interface Drawable { fun draw(x: Int) }
enum class Color { RED, GREEN }
object Registry { fun find(name: String): Circle? = null }
typealias Done = (Int) -> Unit
fun helper(c: Circle) = c.area(2.0)
