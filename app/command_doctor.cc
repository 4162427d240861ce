// SPDX-License-Identifier: Apache-2.0
// strata doctor: what this machine has and what Strata uses of it.
#include <dlfcn.h>

#include <filesystem>
#include <format>
#include <iostream>
#include <memory>

#include "app/catalogue.h"
#include "app/commands.h"
#include "app/console.h"
#include "base/user_folders.h"
#include "engine/compute/cpu/machine.h"
#include "engine/compute/ops.h"

namespace strata::app {
namespace {

// Asks the NVIDIA driver, if there is one, without linking to it.
std::vector<std::string> cuda_devices() {
  std::vector<std::string> names;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver) return names;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  const auto device_name = reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetName"));
  const auto device_memory = reinterpret_cast<int (*)(size_t*, int)>(dlsym(driver, "cuDeviceTotalMem_v2"));
  int count = 0;
  if (init && count_devices && device_name && device_memory && init(0) == 0 && count_devices(&count) == 0) {
    for (int device = 0; device < count; ++device) {
      char name[256] = {};
      size_t bytes = 0;
      if (device_name(name, sizeof name, device) == 0 && device_memory(&bytes, device) == 0)
        names.push_back(std::format("{} ({})", name, format_bytes(static_cast<double>(bytes))));
    }
  }
  dlclose(driver);
  return names;
}

int doctor(bool json) {
  const cpu::Machine& machine = cpu::machine();
  const auto gpus = cuda_devices();
  const std::string compute = make_cpu_ops({})->description();
  auto models = catalogue();
  auto cache = cache_folder();
  auto data = data_folder();
  for (const Error* error :
       {models ? nullptr : &models.error(), cache ? nullptr : &cache.error(), data ? nullptr : &data.error()})
    if (error) return report(*error, json);
  std::error_code ignored;
  const auto space = std::filesystem::space(*cache, ignored);
  if (json) {
    nlohmann::ordered_json present = nlohmann::ordered_json::array();
    for (const auto& m : *models)
      if (m.present) present.push_back(m.name);
    print_json({{"version", STRATA_VERSION},
                {"cpu", machine.cpu_name},
                {"cpu_features", machine.features},
                {"cores", machine.cores},
                {"memory_bytes", machine.memory_bytes},
                {"gpus", gpus},
                {"uses", compute},
                {"default_model", default_model_name()},
                {"models", present},
                {"cache", cache->string()},
                {"data", data->string()},
                {"free_disk_bytes", space.available}});
    return kDone;
  }
  std::string features;
  for (const auto& feature : machine.features) features += (features.empty() ? "" : " ") + feature;
  std::cout << std::format("Strata     {}\nCPU        {}, {} cores for us\n           {}\nMemory     {}\n",
                           STRATA_VERSION, machine.cpu_name, machine.cores, features,
                           format_bytes(static_cast<double>(machine.memory_bytes)));
  if (gpus.empty()) std::cout << "GPU        none with CUDA\n";
  for (const auto& gpu : gpus) std::cout << "GPU        " << gpu << " (found; not used by this version)\n";
  std::cout << std::format("Computes   {}\nCache      {} ({} free)\nData       {}\n", compute, cache->string(),
                           format_bytes(static_cast<double>(space.available)), data->string());
  for (const auto& m : *models)
    std::cout << std::format("Model      {:<22} {}{}\n", m.name, m.present ? "here" : "not fetched",
                             m.name == default_model_name() ? ", the default on this machine" : "");
  return kDone;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  auto json = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("doctor", "What this machine has and what Strata uses of it");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([json, &run] { run = [json] { return doctor(*json); }; });
}

}  // namespace strata::app
