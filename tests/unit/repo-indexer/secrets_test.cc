// SPDX-License-Identifier: Apache-2.0
// The tokens here are made up; they are put together from halves so that scanners of this repository do not report
// them.
#include "repo-indexer/secrets.h"

#include <gtest/gtest.h>

#include <chrono>

namespace strata::repo {
namespace {

// What of the text is masked, one after another.
std::string masked(const std::string& text) {
  std::string all;
  for (const SecretRange& s : find_secrets(text)) all += text.substr(s.first, s.last - s.first) + "|";
  return all;
}

const std::string kRandom = "q8Zr2KdX7mWc4Tn9YbVf3Lh6PsJg1Ua5RxEo";  // 36

TEST(Secrets, TokensByTheirPrefixes) {
  const std::string hex = "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015";
  for (const std::string& token : {
           "AKI" + std::string("AQ3EGRU7LWYT2VB5N"),
           "gh" + std::string("p_") + kRandom,
           "glpat" + ("-" + kRandom.substr(0, 20)),
           "xox" + std::string("b-2384762837-2837462837-") + kRandom.substr(0, 24),
           "AI" + std::string("za") + kRandom.substr(1),
           "sk_li" + ("ve_" + kRandom.substr(0, 24)),
           "sk-a" + std::string("nt-api03-") + kRandom,
           "h" + std::string("f_") + kRandom.substr(2),
           "np" + std::string("m_") + kRandom,
           "dop_" + ("v1_" + hex),
           "S" + std::string("G.") + kRandom.substr(0, 22) + "." + kRandom + "0a9Q7kz",
           "ey" + std::string("JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.") + kRandom,
       }) {
    EXPECT_EQ(masked("token = '" + token + "'\n"), token + "|") << token;
    EXPECT_EQ(masked(token), token + "|") << "alone";
  }
}

TEST(Secrets, PrivateKeysWithTheirBodies) {
  std::string body;
  for (int i = 0; i < 4; ++i) body += "\n" + kRandom + kRandom.substr(0, 28);
  const std::string key =
      "-----BEGIN RSA PRIVATE" + std::string(" KEY-----") + body + "\n-----END RSA PRIVATE KEY-----\n";
  std::string text = "a\n" + key + "b\n";
  const auto found = mask_secrets(text);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "private key");
  EXPECT_EQ(found[0].line, 2);
  EXPECT_EQ(text.size(), key.size() + 4);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(key.begin(), key.end(), '\n') + 2);
  EXPECT_EQ(text.find(kRandom.substr(0, 8)), text.npos);
  EXPECT_NE(text.find("-----END RSA PRIVATE KEY-----"), text.npos);
  EXPECT_TRUE(find_secrets(text).empty());  // once masked, nothing is left to find
  EXPECT_EQ(masked("if (line == \"-----BEGIN PRIVATE KEY-----\") return read_key(line);\n"), "");
  EXPECT_FALSE(
      masked("\"-----BEGIN PRIVATE KEY-----\\n" + kRandom + kRandom + "\\n-----END PRIVATE KEY-----\\n\"").empty());
}

TEST(Secrets, AssignmentsOfWhatLooksRandom) {
  EXPECT_EQ(masked("DB_PASSWORD=" + kRandom + "\nX=1\n"), kRandom + "|");
  EXPECT_EQ(masked("  \"client_secret\": \"" + kRandom + "\",\n"), kRandom + "|");
  EXPECT_EQ(masked("apiKey := `" + kRandom + "`\n"), kRandom + "|");
  EXPECT_EQ(masked("password: " + kRandom), kRandom + "|");
  EXPECT_EQ(masked("postgres://app:" + kRandom.substr(0, 12) + "@db.local/x"), kRandom.substr(0, 12) + "|");
}

TEST(Secrets, NotWhatCodeIsFullOf) {
  for (const char* text : {
           "password = get_password()\n",
           "token = \"Bearer \" + self.token\n",
           "const char* token = next_token(stream, 16);\n",
           "secret: ${{ secrets.GITHUB_TOKEN }}\n",
           "password = 'changeme-please-12345678'\n",
           "token_path = \"tests/fixtures/tokens/token_v2_01.json\"\n",
           "https://user:password@example.com/\n",
           "http://localhost:8080/a@b\n",
           "AKIAIOSFODNN7EXAMPLE\n",
           "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
           "sk_live_your_key_here\n",
           "hf_hub_download_from_the_repository_of_models\n",
           "integrity: sha512-abcdEFGH1234567890abcdEFGH1234567890abcdEFGH==\n",
           "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\n",
           "token_type = 'application/x-www-form-urlencoded'\n",
           "accessToken: OAuth2AccessTokenResponse2,\n",
           "eyJhbGciOiJIUzI1NiJ9\n",
       }) {
    EXPECT_EQ(masked(text), "") << text;
  }
}

TEST(Secrets, LongTextsTakeLinearTime) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "-----BEGIN PRIVATE KEY-----x://a:b secret= ";
  const auto start = std::chrono::steady_clock::now();
  (void)find_secrets(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace strata::repo
