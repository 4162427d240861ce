// SPDX-License-Identifier: Apache-2.0
// C and C++ with the words that only a preprocessor understands.
#include <gtest/gtest.h>

#include "repo-indexer/syntax.h"
#include "tests/unit/repo-indexer/parsed_symbols.h"

namespace strata::repo {
namespace {

struct MacroCase {
  const char* text;
  std::vector<std::string> symbols;
  const char* language = "c";
};

// What a preprocessor would take away must not take what stands beside it along.
TEST(Parse, MacrosAreToldByTheirPlace) {
  const MacroCase cases[] = {
      // In front of a type, behind it, instead of it; capitals or not.
      {"static MUST_CHECK int f(void) { return 1; }", {"function f"}},
      {"public int f(void) { return 1; }", {"function f"}},
      {"public\nvoid f(void) {}\npublic POSITION g(void) { return 0; }", {"function f", "function g"}},
      {"static int __init f(void) { return 1; }", {"function f"}},
      {"JNIEXPORT void JNICALL f(JNIEnv* env) {}", {"function f"}},
      {"WINBASEAPI BOOL WINAPI f(HANDLE h);", {"declared function f"}},
      {"STDPROC(int) f() { return 1; }", {"function f"}},
      {"Py_LOCAL_INLINE(int)\nf(void) { return 1; }", {"function f"}},
      {"static void printf_like(3, 4)\nf(char* a, int b) {}", {"function f"}},
      {"PyAPI_DATA(PyTypeObject) PyFoo;", {"variable PyFoo"}},
      {"Py_DEPRECATED(3.2) PyAPI_FUNC(const char *) f(int x);\nint g;", {"declared function f", "variable g"}},
      {"LUA_API int (lua_gettop) (lua_State *L);", {"declared function lua_gettop"}},
      {"LUA_API lua_Number (luaL_check) (lua_State *L, int arg);", {"declared function luaL_check"}},
      {"LUA_API lua_State *lua_new (lua_Alloc f) { return 0; }", {"function lua_new"}},
      {"__attribute__((noreturn)) static void f(void);\nint g(void) __attribute__((pure));",
       {"declared function f", "declared function g"}},
      {"__declspec(dllexport) int f(void);", {"declared function f"}},
      {"extern \"C\" API_EXPORT int f(void);", {"declared function f"}, "cpp"},
      {"VOID\nf(int x)\n{ }", {"function f"}},
      {"extern THREAD int x;\nstatic THREAD int y = 1;", {"declared variable x", "variable y"}},
      // Behind the declarator.
      {"int x GUARDED_BY(m);\nint f(void) REQUIRES(m) { return 1; }\nint g(void) MAYBE_UNUSED;",
       {"variable x", "function f", "declared function g"}},
      {"int x __attribute__((unused)) = 1;", {"variable x"}},
      {"typedef unsigned int UINT8 __attribute__((mode(QI)));", {"type UINT8"}},
      {"ZEXTERN int ZEXPORT deflate OF((z_streamp strm, int flush));", {"declared function deflate"}},
      {"typedef void* (CALLBACK *open_func) OF((void* opaque));", {"type open_func"}},
      {"typedef BOOL (WINAPI *Dump) (HANDLE h);", {"type Dump"}},
      {"typedef struct { int x; } PACKED name_t;", {"type name_t", "variable name_t::x"}},
      {"struct PACKED foo { int x; } ALIGNED bar;", {"variable bar", "struct foo", "variable foo::x"}},
      // On their own.
      {"BEGIN_DECLS\n\nint f(void);\nEND_DECLS\n", {"declared function f"}},
      {"G_DEFINE_TYPE (Foo, foo, G_TYPE_OBJECT)\nstatic void f (void) {}", {"function f"}},
      {"EXPORT_SYMBOL(f);\nmodule_init(f);\nint g;", {"variable g"}},
      {"DEFINE_string(flag, \"x\", \"y\");\nDEFINE(name, const char*, 1);\nint g;", {"variable g"}, "cpp"},
      {"int f(void) {\n  UNUSED(a)\n  UNUSED(b)\n  return 1;\n}\nint g;", {"function f", "variable g"}},
      {"#define F(a) do { /* b */ \\\n  long c = a; \\\n} while (0)\nint g;", {"macro F", "variable g"}},
      {"int f(int c) {\n  dispatch(c) {\n    on(A) { g(); }\n  }\n}", {"function f"}},
      {"int f(void) {\n  int r;\n  Lib_BEGIN_THREADS\n  r = g();\n  Lib_END_THREADS\n\n  if (r) return 1;\n  return "
       "0;\n}\n"
       "int h;",
       {"function f", "variable h"}},
      {"struct method all[] = {\n  FIRST_METHODS\n  SECOND_METHODS\n  {\"a\", LAST},\n  {LAST}\n};\nint g;",
       {"variable all", "variable g"}},
      // Old C: the types of parameters stand behind their names.
      {"int f(a, b)\n  int a;\n  char *b;\n{ return a; }", {"function f"}},
      {"char *f(a, g) char a; char *(*g)(int); { return g(a); }", {"function f"}},
      {"local uInt f(s)\n  deflate_state *s;\n{ return 1; }", {"function f"}},
      // Enumerators and values are no macros, and a type needs no other one.
      {"enum { LIMIT\n};\nint a[] = { FIRST, SECOND };\nDWORD size;\nstruct STAT buffer;",
       {"enumerator LIMIT", "variable a", "variable size", "variable buffer"}},
      {"struct foo f(struct bar b) { return b.foo; }\nstruct foo *g(void);", {"function f", "declared function g"}},
      // Classes.
      {"class LIB_EXPORT Shape : public Base {\n  Q_OBJECT\n public:\n  int area_ GUARDED_BY(mutex_);\n"
       "  LIB_EXPORT Shape(int x);\n  LIB_EXPORT ~Shape();\n  void draw() REQUIRES(mutex_);\n  Q_DISABLE_COPY(Shape)\n"
       "  int b;\n  Q_INVOKABLE int g();\n public Q_SLOTS:\n  void slot();\n signals:\n  void changed();\n"
       "  API_EXPORT explicit operator bool() const;\n  API_EXPORT friend bool operator==(int a, Shape b);\n};",
       {"class Shape", "variable Shape::area_", "declared method Shape::Shape", "declared method Shape::~Shape",
        "declared method Shape::draw", "variable Shape::b", "declared method Shape::g", "declared method Shape::slot",
        "declared method Shape::changed", "declared method Shape::operator bool", "declared method Shape::operator=="},
       "cpp"},
      {"Q_PROPERTY_LIST(x)\nLIB_API a::B<int>::B(int x) : y(x), z{3} {}\nLIB_API a::B<int>::~B() {}",
       {"method a::B::B", "method a::B::~B"},
       "cpp"},
      {"namespace a::b {\nLIB_API int f();\ntemplate <class T> LIB_API T g(T t) { return t; }\n}",
       {"namespace a::b", "declared function a::b::f", "function a::b::g"},
       "cpp"},
      {"__global__ void k(int* x) {}\nstatic LIB_INLINE __device__ int f() { return 1; }",
       {"function k", "function f"},
       "cuda"},
      {"struct A { int (A::*member)(int); };\ntypedef int (A::*Tool)(int);",
       {"struct A", "variable A::member", "type Tool"},
       "cpp"},
  };
  for (const auto& [text, symbols, language] : cases) {
    EXPECT_EQ(symbols_of(language, text), symbols) << text;
    EXPECT_EQ(syntax_errors(std::string("a.") + language, text).value_or(std::vector<SyntaxError>{}).size(), 0u)
        << text;
  }
}

TEST(Parse, OldCWithoutATypeOfItsOwn) {
  EXPECT_EQ(symbols_of("c", "int x;\nmain(argc, argv)\n  int argc;\n  char **argv;\n{ return f(); }\nint y;"),
            (std::vector<std::string>{"variable x", "function main", "variable y"}));
}

TEST(Parse, AMacroInFrontBelongsToWhatItIsInFrontOf) {
  Grammars grammars;
  const auto first = [&](std::string_view text) { return Parser().parse(*grammars.find("cpp"), text).symbols.at(0); };
  EXPECT_EQ(first("class LIB_EXPORT Shape {};").signature, "class LIB_EXPORT Shape");
  EXPECT_EQ(first("LIB_EXPORT char* name(int x);").signature, "LIB_EXPORT char* name(int x)");
  const ParsedSymbol noted = first("// Says who.\nLIB_EXPORT\nchar* name(int x) { return 0; }");
  EXPECT_EQ(noted.doc, "Says who.");
  EXPECT_EQ(noted.first_line, 2);
  EXPECT_EQ(first("BEGIN_DECLS\n\nchar* name(int x);").signature, "char* name(int x)");
}

}  // namespace
}  // namespace strata::repo
