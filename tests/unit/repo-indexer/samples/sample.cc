#include "base.h"
namespace shapes {
enum class Kind { kRound, kFlat };
class Base {
 public:
  virtual ~Base();
  virtual double area() const = 0;
};
// A circle.
template <typename T>
class Circle final : public Base, private Tag<T> {
 public:
  explicit Circle(T radius) : radius_(radius) {}
  double area() const override;
  bool operator<(const Circle& other) const { return radius_ < other.radius_; }
 private:
  T radius_;
};
constexpr int kSides = 0;
using Number = double;
}  // namespace shapes
template <typename T>
double shapes::Circle<T>::area() const {
  return square(radius_) * std::sqrt(2.0);
}
shapes::Base::~Base() {}
