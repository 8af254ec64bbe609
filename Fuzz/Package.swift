// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "livesync-fuzz",
  dependencies: [.package(name: "livesync", path: "..")],
  targets: [
    .target(name: "CFuzzer", path: "CFuzzer"),
    .executableTarget(
      name: "livesync-fuzz",
      dependencies: ["CFuzzer", .product(name: "FuzzTargets", package: "livesync")],
      path: "Runner",
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
  ]
)
