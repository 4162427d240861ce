// SPDX-License-Identifier: Apache-2.0
// Reading goes through a Cursor that never passes the end of the header's bytes, so a hostile file can at worst be
// refused. The header is read up to kMaxHeader: values grow when they are unpacked (an array of bytes becomes 64-bit
// integers, eight times as large), and a file of holes may claim terabytes. Format: the GGUF specification, version 3.
#include "engine/format/gguf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <format>
#include <limits>
#include <type_traits>
#include <unordered_map>

namespace strata {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are little endian, and so are the block layouts");

constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr uint64_t kMaxDimensions = 4;
constexpr uint64_t kMaxHeader = 64 << 20;  // the largest vocabularies take 20 MB
constexpr uint64_t kMaxEntries = 1 << 18;  // of metadata and of tensors; real models have thousands

enum class ValueType : uint32_t {
  kU8 = 0,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64
};

// Bytes of one element of a fixed-size type, the least a string or array takes for the others, 0 for unknown types.
size_t least_bytes(ValueType type) {
  switch (type) {
    case ValueType::kU8:
    case ValueType::kI8:
    case ValueType::kBool: return 1;
    case ValueType::kU16:
    case ValueType::kI16: return 2;
    case ValueType::kU32:
    case ValueType::kI32:
    case ValueType::kF32: return 4;
    case ValueType::kU64:
    case ValueType::kI64:
    case ValueType::kF64:
    case ValueType::kString: return 8;
    case ValueType::kArray: return 12;
  }
  return 0;
}

class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}
  uint64_t position() const { return position_; }
  uint64_t left() const { return bytes_.size() - position_; }

  template <typename T>
  bool read(T& value) {
    if (left() < sizeof(T)) return false;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return true;
  }
  bool read(std::string& text) {
    uint64_t length = 0;
    if (!read(length) || length > left()) return false;
    text.assign(reinterpret_cast<const char*>(bytes_.data() + position_), length);
    position_ += length;
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
  uint64_t position_ = 0;
};

template <typename T, typename Stored>
bool read_number(Cursor& cursor, Stored& out) {
  T value{};
  if (!cursor.read(value)) return false;
  out = static_cast<Stored>(value);
  return true;
}

// One number of any type as a 64-bit integer or double; false at the end of the file or for other types.
bool read_integer(Cursor& cursor, ValueType type, int64_t& out) {
  switch (type) {
    case ValueType::kU8:
    case ValueType::kBool: return read_number<uint8_t>(cursor, out);
    case ValueType::kI8: return read_number<int8_t>(cursor, out);
    case ValueType::kU16: return read_number<uint16_t>(cursor, out);
    case ValueType::kI16: return read_number<int16_t>(cursor, out);
    case ValueType::kU32: return read_number<uint32_t>(cursor, out);
    case ValueType::kI32: return read_number<int32_t>(cursor, out);
    case ValueType::kU64: return read_number<uint64_t>(cursor, out);
    case ValueType::kI64: return read_number<int64_t>(cursor, out);
    default: return false;
  }
}

bool read_real(Cursor& cursor, ValueType type, double& out) {
  if (type == ValueType::kF32) return read_number<float>(cursor, out);
  if (type == ValueType::kF64) return read_number<double>(cursor, out);
  return false;
}

// Nothing when the file ends too early or the type is unknown or nested.
std::optional<GgufArray> read_array(Cursor& cursor) {
  ValueType type{};
  uint64_t count = 0;
  if (!cursor.read(type) || !cursor.read(count)) return std::nullopt;
  const size_t least = least_bytes(type);
  if (least == 0 || type == ValueType::kArray || count > cursor.left() / least) return std::nullopt;
  if (type == ValueType::kString) {
    std::vector<std::string> strings(count);
    for (auto& text : strings)
      if (!cursor.read(text)) return std::nullopt;
    return strings;
  }
  if (type == ValueType::kF32 || type == ValueType::kF64) {
    std::vector<double> numbers(count);
    for (auto& number : numbers)
      if (!read_real(cursor, type, number)) return std::nullopt;
    return numbers;
  }
  std::vector<int64_t> integers(count);
  for (auto& integer : integers)
    if (!read_integer(cursor, type, integer)) return std::nullopt;
  return integers;
}

std::optional<GgufValue> read_value(Cursor& cursor) {
  ValueType type{};
  if (!cursor.read(type)) return std::nullopt;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  switch (type) {
    case ValueType::kArray: {
      auto array = read_array(cursor);
      if (!array) return std::nullopt;
      return GgufValue(std::move(*array));
    }
    case ValueType::kString: return cursor.read(text) ? std::optional<GgufValue>(std::move(text)) : std::nullopt;
    case ValueType::kBool:
      return read_integer(cursor, type, integer) ? std::optional<GgufValue>(integer != 0) : std::nullopt;
    case ValueType::kF32:
    case ValueType::kF64: return read_real(cursor, type, real) ? std::optional<GgufValue>(real) : std::nullopt;
    case ValueType::kU64:
      return read_integer(cursor, type, integer) ? std::optional<GgufValue>(static_cast<uint64_t>(integer))
                                                 : std::nullopt;
    default: return read_integer(cursor, type, integer) ? std::optional<GgufValue>(integer) : std::nullopt;
  }
}

// A name from the file as it may stand in a message: printable, and not long.
std::string shown(std::string_view name) {
  constexpr size_t kLongest = 80;
  std::string text(name.substr(0, kLongest));
  for (char& character : text)
    if (character < ' ' || character > '~') character = '?';
  return name.size() > kLongest ? text + "..." : text;
}

// a * b, or nothing if it does not fit in 63 bits.
std::optional<uint64_t> product(uint64_t a, uint64_t b) {
  if (b != 0 && a > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / b) return std::nullopt;
  return a * b;
}

}  // namespace

struct GgufFile::Impl {
  std::filesystem::path path;
  std::span<const std::byte> bytes;
  uint64_t header_bytes = 0;  // up to the tensor data
  std::map<std::string, GgufValue, std::less<>> metadata;
  std::vector<GgufTensor> tensors;
  std::unordered_map<std::string_view, size_t> by_name;

  ~Impl() {
    if (!bytes.empty()) munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
  }

  Result<void> map();
  Result<void> parse();
  Result<void> parse_tensors(Cursor& cursor, uint64_t count);
  std::unexpected<Error> damaged(const std::string& what) const {
    return fail(ErrorKind::kDamaged,
                std::format("{}: {}; the file is damaged or incomplete, fetch it again", path.string(), what));
  }
};

Result<void> GgufFile::Impl::map() {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe is refused, not waited for
  if (file < 0)
    return fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                std::format("{}: cannot open this model: {}", path.string(), std::strerror(errno)));
  struct stat status{};
  const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular || status.st_size == 0) {
    ::close(file);
    return fail(ErrorKind::kInvalid, path.string() + (regular ? ": the file is empty" : ": not a regular file"));
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* mapping = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (mapping == MAP_FAILED)
    return fail(ErrorKind::kIo,
                std::format("{}: cannot map this model into memory: {}", path.string(), std::strerror(error)));
  bytes = {static_cast<const std::byte*>(mapping), size};
  return {};
}

Result<void> GgufFile::Impl::parse() {
  Cursor cursor(bytes.first(std::min<size_t>(bytes.size(), kMaxHeader)));
  uint32_t magic = 0, version = 0;
  uint64_t tensor_count = 0, metadata_count = 0;
  if (!cursor.read(magic) || magic != kMagic)
    return fail(ErrorKind::kInvalid, path.string() + ": not a GGUF model (it does not begin with \"GGUF\")");
  if (!cursor.read(version)) return damaged("the header ends early");
  if (version != 3)
    return fail(ErrorKind::kUnsupported,
                std::format("{}: GGUF version {}, Strata reads version 3", path.string(),
                            version > 0xffff ? "of a big-endian machine" : std::to_string(version)));
  if (!cursor.read(tensor_count) || !cursor.read(metadata_count)) return damaged("the header ends early");
  // The least that an entry takes bounds both counts before anything is allocated.
  if (metadata_count > std::min(kMaxEntries, cursor.left() / 13))
    return damaged(std::format("it claims {} metadata entries", metadata_count));
  if (tensor_count > std::min(kMaxEntries, cursor.left() / 32))
    return damaged(std::format("it claims {} tensors", tensor_count));
  for (uint64_t i = 0; i < metadata_count; ++i) {
    std::string key;
    if (!cursor.read(key)) return damaged(std::format("the metadata ends early, at entry {}", i));
    auto value = read_value(cursor);
    if (!value) return damaged(std::format("metadata entry \"{}\" cannot be read", shown(key)));
    if (!metadata.emplace(key, std::move(*value)).second)
      return damaged(std::format("metadata entry \"{}\" stands twice", shown(key)));
  }
  return parse_tensors(cursor, tensor_count);
}

Result<void> GgufFile::Impl::parse_tensors(Cursor& cursor, uint64_t count) {
  std::vector<uint64_t> offsets(count);
  tensors.resize(count);
  for (uint64_t i = 0; i < count; ++i) {
    GgufTensor& tensor = tensors[i];
    uint32_t dimensions = 0, type = 0;
    if (!cursor.read(tensor.name) || !cursor.read(dimensions))
      return damaged(std::format("the tensor table ends early, at entry {}", i));
    if (dimensions == 0 || dimensions > kMaxDimensions)
      return damaged(std::format("tensor {} has {} dimensions", shown(tensor.name), dimensions));
    tensor.shape.resize(dimensions);
    for (auto& extent : tensor.shape)
      if (!cursor.read(extent)) return damaged(std::format("the tensor table ends early, at {}", shown(tensor.name)));
    if (!cursor.read(type) || !cursor.read(offsets[i]))
      return damaged(std::format("the tensor table ends early, at {}", shown(tensor.name)));
    if (!block_layout(type))
      return fail(ErrorKind::kUnsupported,
                  std::format("{}: tensor {} has type {}, which Strata cannot read; use a Q4_K_M file", path.string(),
                              shown(tensor.name), block_type_name(type)));
    tensor.type = static_cast<BlockType>(type);
  }
  uint64_t alignment = 32;
  if (const auto found = metadata.find("general.alignment"); found != metadata.end()) {
    const auto* value = std::get_if<int64_t>(&found->second);
    if (!value || *value < 8 || *value > (1 << 20) || !std::has_single_bit(static_cast<uint64_t>(*value)))
      return damaged("general.alignment is not a power of two from 8 to 1 MiB");
    alignment = static_cast<uint64_t>(*value);
  }
  header_bytes = (cursor.position() + alignment - 1) / alignment * alignment;
  for (uint64_t i = 0; i < count; ++i) {
    GgufTensor& tensor = tensors[i];
    const BlockLayout layout = block_layout(tensor.type);
    std::optional<uint64_t> elements = 1;
    for (const uint64_t extent : tensor.shape) elements = elements ? product(*elements, extent) : std::nullopt;
    const auto size = elements ? product(*elements / layout.elements, layout.bytes) : std::nullopt;
    if (!size || *elements == 0) return damaged(std::format("tensor {} has an impossible shape", shown(tensor.name)));
    if (tensor.shape[0] % layout.elements != 0)
      return damaged(std::format("tensor {}: rows of {} are not whole {} blocks", shown(tensor.name), tensor.shape[0],
                                 layout.name));
    if (offsets[i] % alignment != 0) return damaged(std::format("tensor {} is not aligned", shown(tensor.name)));
    if (header_bytes > bytes.size() || offsets[i] > bytes.size() - header_bytes ||
        *size > bytes.size() - header_bytes - offsets[i])
      return damaged(std::format("tensor {} lies beyond the end of the file", shown(tensor.name)));
    tensor.data = bytes.subspan(header_bytes + offsets[i], *size);
    if (!by_name.emplace(tensor.name, i).second)
      return damaged(std::format("tensor {} stands twice", shown(tensor.name)));
  }
  return {};
}

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (auto mapped = impl->map(); !mapped) return std::unexpected(mapped.error());
  if (auto parsed = impl->parse(); !parsed) return std::unexpected(parsed.error());
  return GgufFile(std::move(impl));
}

GgufFile::GgufFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GgufFile::GgufFile(GgufFile&&) noexcept = default;
GgufFile& GgufFile::operator=(GgufFile&&) noexcept = default;
GgufFile::~GgufFile() = default;

const std::filesystem::path& GgufFile::path() const { return impl_->path; }
uint64_t GgufFile::size() const { return impl_->bytes.size(); }
const std::map<std::string, GgufValue, std::less<>>& GgufFile::metadata() const { return impl_->metadata; }
const std::vector<GgufTensor>& GgufFile::tensors() const { return impl_->tensors; }

std::string GgufFile::fingerprint() const {
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  const auto add = [&](std::span<const std::byte> part) { XXH3_64bits_update(state, part.data(), part.size()); };
  add(impl_->bytes.first(std::min<size_t>(impl_->header_bytes, impl_->bytes.size())));
  constexpr size_t kSample = 4096;  // of every tensor, from its middle: a fine-tune has the same header
  for (const GgufTensor& tensor : impl_->tensors) {
    const size_t size = std::min(kSample, tensor.data.size());
    add(tensor.data.subspan((tensor.data.size() - size) / 2, size));
  }
  const uint64_t hash = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return std::format("{:016x}", hash);
}

namespace {

template <typename T>
const T* get(const std::map<std::string, GgufValue, std::less<>>& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : std::get_if<T>(&found->second);
}

template <typename T>
const std::vector<T>* get_array(const std::map<std::string, GgufValue, std::less<>>& metadata, std::string_view key) {
  const auto* array = get<GgufArray>(metadata, key);
  return array ? std::get_if<std::vector<T>>(array) : nullptr;
}

}  // namespace

std::optional<std::string_view> GgufFile::string(std::string_view key) const {
  const auto* text = get<std::string>(impl_->metadata, key);
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<int64_t> GgufFile::integer(std::string_view key) const {
  if (const auto* value = get<int64_t>(impl_->metadata, key)) return *value;
  if (const auto* value = get<uint64_t>(impl_->metadata, key); value && std::in_range<int64_t>(*value))
    return static_cast<int64_t>(*value);
  return std::nullopt;
}

std::optional<double> GgufFile::number(std::string_view key) const {
  if (const auto* value = get<double>(impl_->metadata, key)) return *value;
  if (const auto value = integer(key)) return static_cast<double>(*value);
  return std::nullopt;
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const auto* value = get<bool>(impl_->metadata, key);
  return value ? std::optional<bool>(*value) : std::nullopt;
}

const std::vector<std::string>* GgufFile::strings(std::string_view key) const {
  return get_array<std::string>(impl_->metadata, key);
}
const std::vector<int64_t>* GgufFile::integers(std::string_view key) const {
  return get_array<int64_t>(impl_->metadata, key);
}
const std::vector<double>* GgufFile::numbers(std::string_view key) const {
  return get_array<double>(impl_->metadata, key);
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto found = impl_->by_name.find(name);
  return found == impl_->by_name.end() ? nullptr : &impl_->tensors[found->second];
}

Result<const GgufTensor*> GgufFile::tensor(std::string_view name, std::vector<uint64_t> shape) const {
  const GgufTensor* found = find(name);
  if (!found) return fail(ErrorKind::kDamaged, std::format("{}: tensor {} is missing", impl_->path.string(), name));
  if (found->shape != shape) {
    const auto text = [](const std::vector<uint64_t>& extents) {
      std::string joined;
      for (const uint64_t extent : extents) joined += (joined.empty() ? "" : " x ") + std::to_string(extent);
      return joined;
    };
    return fail(ErrorKind::kDamaged, std::format("{}: tensor {} has shape {}, the metadata calls for {}",
                                                 impl_->path.string(), name, text(found->shape), text(shape)));
  }
  return found;
}

void GgufFile::release(std::span<const std::byte> part) const {
  // Whole pages inside the part only; the neighbours' bytes stay.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page;
  const auto last = (reinterpret_cast<uintptr_t>(part.data()) + part.size()) / page * page;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace strata
