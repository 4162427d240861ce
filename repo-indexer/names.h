// SPDX-License-Identifier: Apache-2.0
// What names, types and signatures say, read as text: the same few rules for every language, so that they can be
// applied to what a syntax tree or the database holds of them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::repo {

// "a::b.c/d" -> a b c d; "." and ".." keep their meaning in relative paths, so they are left out here.
std::vector<std::string_view> split_path(std::string_view path);

// The last part of a path: "ns::Foo" -> "Foo". Operators keep their signs.
std::string_view last_component(std::string_view name);

// "ns::Foo<int>::bar" -> "ns::Foo::bar".
std::string without_arguments(std::string_view name);

// The class whose members an object of this type has: "const std::shared_ptr<ns::Foo>&" -> "ns::Foo",
// "Vec<T>" -> "Vec". Empty if the text does not say (auto, T[], tuples, functions).
std::string plain_type(std::string_view type);

// What a variable is, or a function returns: "int Foo::x_" -> "int", "x: Foo" -> "Foo".
std::string type_in_signature(std::string_view signature, std::string_view name);

// The fewest and most arguments that a function of this signature takes; {0, kManyArguments} if it does not say.
inline constexpr int kManyArguments = 1000;
std::pair<int, int> parameter_count(std::string_view signature, std::string_view name);

}  // namespace strata::repo
