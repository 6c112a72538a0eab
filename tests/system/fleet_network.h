// A network of its own for each box of a fleet: namespaces with addresses of
// 10.77.0.0/16 on one bridge, whose links can be cut and slowed.
//
// Needs root and a kernel that allows it: see Available(). What was made goes
// with the object; what a killed run left is removed by the next one.
#pragma once

#include <string>
#include <vector>

namespace usher::testing {

class FleetNetwork {
 public:
  struct Home {
    std::string network_namespace;
    std::string address;
  };

  // Empty where it can be had, else why not.
  static std::string Unavailable();

  FleetNetwork();
  ~FleetNetwork();
  FleetNetwork(const FleetNetwork&) = delete;
  FleetNetwork& operator=(const FleetNetwork&) = delete;

  Home Add(const std::string& name);
  // Takes a box off the network, and back.
  void Cut(const std::string& name);
  void Join(const std::string& name);
  // tc-netem(8) at a box's end, as in "delay 20ms loss 0.5%". False where the
  // kernel has no netem.
  bool Shape(const std::string& name, const std::string& netem);

 private:
  std::string NameOf(const std::string& box) const;
  std::string LinkOf(const std::string& box) const;

  std::string bridge_;
  std::string subnet_;  // "10.77.<n>."
  std::vector<std::string> boxes_;
};

}  // namespace usher::testing
