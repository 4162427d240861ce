require "json"
require_relative "shapes/base"

# Shapes of all kinds.
module Shapes
  LIMIT = 3
  # A circle.
  class Circle < Base::Shape
    include Comparable
    attr_reader :radius

    def initialize(radius)
      @pen = Pen.new(radius)
    end

    # The area.
    def area(scale = 1)
      @pen.width * square(scale)
    end

    def self.unit
      new(1)
    end
  end
end

def helper(x) = Shapes::Circle.new(x).area(2)
