package sample;
import java.util.List;
/** A dog. */
@Entity
public class Dog<T> extends Animal<T> implements Pet, Comparable<Dog> {
  private static final int LIMIT = 3;
  Dog(int age) {}
  @Override
  public String name() {
    int local = bark();
    return new Label(local).text();
  }
  enum Size { SMALL, LARGE }
  interface Owner extends Person { void feed(); }
}
