package sample

import "fmt"

// Point is a point.
type Point struct {
	Base
	X int
}

type Shape interface {
	Area() float64
}

// Name says what it is.
func (p *Point) Name() string {
	local := 1
	return fmt.Sprint(p.X, local)
}

func helper() { new(Point).Name() }

const Limit = 3

var first, second = 1, 2
