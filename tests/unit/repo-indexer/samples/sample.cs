using System.Text;
using Shapes.Core;
namespace Shapes.Flat;

/// A circle.
public class Circle : Shape, IDrawable<int> {
    public const int Limit = 3;
    private readonly Pen _pen;
    public double Radius { get; set; }
    public event EventHandler? Changed;
    public Circle(Pen pen) { _pen = pen; }
    // The area.
    public override double Area(double scale) {
        var text = $"area {Radius}";
        Print(text);
        return _pen.Width * Math.Abs(scale);
    }
    delegate void Done(int code);
}
struct Point { public int X; }
interface IDrawable<T> { void Draw(T target); }
enum Color { Red, Green = 2 }
record Pair(int First, int Second);
class Tests { [Fact] public void AreaIsRight() { new Circle(new Pen()).Area(1); } }
