// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "subtitle-shift",
    platforms: [.macOS(.v15)],
    // In a project of your own: .package(url: "…/ferry", from: "…").
    dependencies: [.package(name: "ferry", path: "../..")],
    targets: [
        .executableTarget(name: "subtitle-shift", dependencies: [.product(name: "FerryApp", package: "ferry")]),
        .testTarget(
            name: "SubtitleShiftTests",
            dependencies: ["subtitle-shift", .product(name: "FerryApp", package: "ferry")]),
    ],
    swiftLanguageModes: [.v6]
)
