<?php
namespace App\Shapes;

use App\Core\Base;
use App\Core\Pen as Tool;
require_once 'lib/helpers.php';

const LIMIT = 3;

/** A circle. */
class Circle extends Base implements Drawable {
    use Logs;
    const SIDES = 0;
    private Tool $pen;
    public function __construct(Tool $pen) { $this->pen = $pen; }
    // The area.
    public function area(float $scale = 1.0): float {
        return $this->square($scale) * $this->pen->width() * Math::pi();
    }
}
interface Drawable { public function draw(int $x); }
trait Logs { }
enum Suit: string { case Hearts = 'H'; }
function helper(Circle $c) { return new Circle($c->area(2)); }
