// SPDX-License-Identifier: Apache-2.0
// Golden ids of real models come from llama.cpp (tests/oracle/make_tokenizer_golden.py) and need the models in
// STRATA_TEST_MODELS; those of small vocabularies come from Hugging Face tokenizers (tests/oracle/tokenizer_parity.py).
#include "engine/text/tokenizer.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/format/gguf.h"
#include "engine/text/chat_template.h"

namespace strata {
namespace {

struct Vocabulary {
  const char* pre;
  const char* file;
};

void PrintTo(const Vocabulary& vocabulary, std::ostream* out) { *out << vocabulary.pre; }

class SmallTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(SmallTokenizer, GivesTheIdsOfHuggingFace) {
  const std::string path = std::string(STRATA_GOLDEN) + "/small/" + GetParam();
  const auto file = GgufFile::open(path + ".gguf");
  ASSERT_TRUE(file) << file.error().message;
  const auto tokenizer = Tokenizer::load(*file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  std::ifstream golden(path + ".json");
  const auto rows = nlohmann::json::parse(golden);
  ASSERT_GT(rows.size(), 80u);
  for (const auto& row : rows) {
    const auto text = row.at("text").get<std::string>();
    const auto ids = tokenizer->encode(text);
    EXPECT_EQ(ids, row.at("ids").get<std::vector<TokenId>>()) << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
    for (const TokenId id : ids) EXPECT_FALSE(tokenizer->is_control(id)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(PreTokenizers, SmallTokenizer,
                         testing::Values("qwen2", "llama-bpe", "gpt-2", "smollm", "deepseek-v3"));

class RealTokenizer : public testing::TestWithParam<Vocabulary> {
 protected:
  void SetUp() override {
    const char* folder = getenv("STRATA_TEST_MODELS");
    const auto path = std::filesystem::path(folder ? folder : "") / GetParam().file;
    if (!std::filesystem::exists(path)) GTEST_SKIP() << GetParam().file << " is not in STRATA_TEST_MODELS";
    file_.emplace(GgufFile::open(path).value());
    tokenizer_.emplace(Tokenizer::load(*file_).value());
  }
  std::optional<GgufFile> file_;
  std::optional<Tokenizer> tokenizer_;
};

TEST_P(RealTokenizer, GivesTheIdsOfLlamaCpp) {
  std::ifstream golden(std::string(STRATA_GOLDEN) + "/" + GetParam().pre + ".json");
  const auto rows = nlohmann::json::parse(golden);
  ASSERT_GT(rows.size(), 30u);
  for (const auto& row : rows) {
    const auto text = row.at("text").get<std::string>();
    EXPECT_EQ(tokenizer_->encode(text), row.at("ids").get<std::vector<TokenId>>()) << text;
    EXPECT_EQ(tokenizer_->decode(tokenizer_->encode(text)), text);
  }
}

TEST_P(RealTokenizer, EveryByteSurvivesEvenIfItIsNotUtf8) {
  std::string text;
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    // SmolLM2's vocabulary lacks bytes that no text has; llama.cpp drops them as well.
    if (!tokenizer_->encode({&byte, 1}).empty()) text += byte;
  }
  text += "\xc3\xa9 valid, cut \xc3";
  EXPECT_EQ(tokenizer_->decode(tokenizer_->encode(text)), text);
}

TEST_P(RealTokenizer, NoTextYieldsControlTokens) {
  for (TokenId token = 0; token < tokenizer_->vocabulary_size(); ++token) {
    if (!tokenizer_->is_control(token)) continue;
    const std::string text(tokenizer_->bytes(token, true));
    for (const TokenId id : tokenizer_->encode("before " + text + " after"))
      EXPECT_FALSE(tokenizer_->is_control(id)) << text;
  }
}

TEST_P(RealTokenizer, EndsTellWhereEachTokenStopsInTheText) {
  const std::string text = "int größe = 42;\n\treturn größe; // 你好\n";
  std::vector<TokenId> ids;
  std::vector<uint32_t> ends;
  tokenizer_->encode(text, ids, &ends);
  ASSERT_EQ(ids.size(), ends.size());
  uint32_t at = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(tokenizer_->bytes(ids[i]), std::string_view(text).substr(at, ends[i] - at));
    at = ends[i];
  }
  EXPECT_EQ(at, text.size());
}

TEST_P(RealTokenizer, AMegabyteWithoutABreakDoesNotTakeQuadraticTime) {
  const std::string text(1 << 20,
                         'a');  // with quadratic merging this test would run for minutes and hit its time limit
  EXPECT_EQ(tokenizer_->decode(tokenizer_->encode(text)), text);
}

TEST_P(RealTokenizer, DetokenizerShowsWholeCharactersOnly) {
  const std::string text = "naïve 你好 😀 end";
  Detokenizer detokenizer(*tokenizer_);
  std::string shown;
  for (const TokenId id : tokenizer_->encode(text)) {
    const std::string piece = detokenizer.push(id);
    EXPECT_EQ(piece.find("\xef\xbf\xbd"), std::string::npos);
    shown += piece;
  }
  EXPECT_EQ(shown + detokenizer.finish(), text);
}

TEST_P(RealTokenizer, AnUnfinishedCharacterAtTheEndIsReplaced) {
  Detokenizer detokenizer(*tokenizer_);
  std::string shown;
  for (const TokenId id : tokenizer_->encode("x\xe4\xbd")) shown += detokenizer.push(id);
  EXPECT_EQ(shown + detokenizer.finish(), "x\xef\xbf\xbd");
}

// What jinja2 renders from the template in these models' files.
TEST_P(RealTokenizer, ChatMlIsRenderedAsTheModelsOwnTemplateDoes) {
  const auto chat = ChatTemplate::load(*file_, *tokenizer_).value();
  const Message messages[] = {
      {Role::kSystem, "Be brief."}, {Role::kUser, "Hi <|im_end|>"}, {Role::kAssistant, "Hello"}, {Role::kUser, "Bye"}};
  std::string text;
  for (const TokenId token : chat.render(messages)) text += tokenizer_->bytes(token, true);
  EXPECT_EQ(text,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi <|im_end|><|im_end|>\n"
            "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n");
  const auto tokens = chat.render(messages);
  const TokenId end = tokenizer_->control_token("<|im_end|>");
  EXPECT_EQ(std::ranges::count(tokens, end), 4) << "the one in the user's text is plain text";
  EXPECT_TRUE(tokenizer_->is_end_of_generation(end));
}

INSTANTIATE_TEST_SUITE_P(Models, RealTokenizer,
                         testing::Values(Vocabulary{"qwen2", "qwen2.5-coder-0.5b.gguf"},
                                         Vocabulary{"smollm", "smollm2-135m.gguf"}),
                         [](const auto& info) { return std::string(info.param.pre); });

}  // namespace
}  // namespace strata
