// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioFoundationEssentials = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// What developers alone need joins on request: benchmarks when the variable is set at all, the fuzzer when it is `fuzz`
// or `fuzz-address`, which also build the libraries below with the counters that a fuzzer reads. See Fuzz/README.md.
let developing = Context.environment["FERRY_DEV_TARGETS"] ?? ""
let fuzzing = developing == "fuzz" || developing == "fuzz-address"
let sanitizers = [developing == "fuzz-address" ? "-sanitize=fuzzer,address" : "-sanitize=fuzzer"]
let fuzzed: [SwiftSetting] =
    house + (fuzzing ? [.unsafeFlags(sanitizers + ["-profile-generate", "-profile-coverage-mapping"])] : [])
let fuzzedC: [CSetting] =
    fuzzing
    ? [
        .unsafeFlags(["-fsanitize=fuzzer-no-link", "-fprofile-instr-generate", "-fcoverage-mapping"]),
        .unsafeFlags(developing == "fuzz-address" ? ["-fsanitize=address"] : []),
    ] : []

// The layers, lowest first; arrows point down only. `scripts/check-imports` holds them.
let package = Package(
    name: "ferry",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "FerryWire", targets: ["FerryWire"]),
        .library(name: "FerryClient", targets: ["FerryClient"]),
        .library(name: "FerryApp", targets: ["FerryApp"]),
        .library(name: "FerryTesting", targets: ["FerryTesting"]),
        .executable(name: "ferry", targets: ["ferry"]),
        .executable(name: "ferry-builtin-apps", targets: ["ferry-builtin-apps"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // L1
        .target(name: "CBase64", cSettings: fuzzedC),
        .target(name: "FerryWire", dependencies: ["CBase64"], swiftSettings: fuzzed),
        .target(name: "FerrySigning", dependencies: [crypto], swiftSettings: fuzzed),
        .target(
            name: "FerryFetch",
            dependencies: ["FerryWire", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, logging],
            swiftSettings: house
        ),
        // L2
        .target(
            name: "FerryClient",
            dependencies: [
                "FerryWire", "FerryFetch", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, crypto, logging,
            ],
            swiftSettings: house
        ),
        .target(
            name: "FerryServerCore",
            dependencies: [
                "FerryWire", "FerrySigning", nioCore, crypto, logging, serviceLifecycle, asyncAlgorithms,
            ],
            swiftSettings: fuzzed
        ),
        // L3
        .target(
            name: "FerryApp",
            dependencies: ["FerryClient", "FerryFetch", "FerryWire", nioCore, nioPosix, crypto, logging],
            swiftSettings: house
        ),
        .target(
            name: "FerryServerHTTP",
            dependencies: [
                "FerryServerCore", "FerryWire", hummingbird, nioCore, nioPosix, nioHTTP1, nioHTTPTypes,
                nioHTTPTypesHTTP1, httpTypes, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .target(
            name: "FerryBlobDisk",
            dependencies: ["FerryServerCore", "FerryWire", nioCore, nioPosix, crypto],
            swiftSettings: house
        ),
        .target(
            name: "FerryMetadataSQLite",
            dependencies: ["FerryServerCore", "FerryWire", grdb, nioCore],
            swiftSettings: house
        ),
        .target(
            name: "FerryWeb", dependencies: ["FerryServerCore", "FerryFetch", "FerryWire", nioCore, logging],
            swiftSettings: house
        ),
        .target(
            name: "FerryMagic",
            dependencies: ["FerryServerCore", "FerryWire", "CMagicSystem", nioCore, nioPosix],
            swiftSettings: house
        ),
        .systemLibrary(name: "CMagicSystem", pkgConfig: "libmagic", providers: [.apt(["libmagic-dev"])]),
        .target(
            name: "FerryAppHost",
            dependencies: [
                "FerryServerCore", "FerryWire", subprocess, systemPackage, logging, nioCore, nioPosix, crypto, yams,
            ],
            swiftSettings: house
        ),
        // Side
        .target(
            name: "FerryTesting",
            dependencies: [
                "FerryServerCore", "FerryWire", "FerryClient", nioCore, nioPosix, crypto, subprocess, systemPackage,
            ],
            swiftSettings: house
        ),
        // L4
        .executableTarget(
            name: "ferry",
            dependencies: [
                "FerryWire", "FerrySigning", "FerryClient", "FerryServerCore", "FerryServerHTTP", "FerryBlobDisk",
                "FerryMetadataSQLite", "FerryMagic", "FerryWeb", "FerryFetch", "FerryAppHost", "FerryApp", "CAllocator",
                argumentParser, logging, serviceLifecycle, unixSignals, nioCore, nioPosix, yams, crypto,
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "ferry-builtin-apps",
            dependencies: [
                "FerryApp", "FerryWire", "CVips", crypto, asyncHTTPClient, nioCore, nioPosix, nioHTTP1, subprocess,
                systemPackage,
            ],
            swiftSettings: house
        ),
        .target(name: "CAllocator"),
        .target(name: "CVips", dependencies: ["CVipsSystem"]),
        .systemLibrary(name: "CVipsSystem", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        // Tests. Those that run the executables find them beside the test bundle: `swift build --build-tests` builds
        // every product.
        .testTarget(name: "FerryWireTests", dependencies: ["FerryWire"], swiftSettings: house),
        .testTarget(name: "FerrySigningTests", dependencies: ["FerrySigning", crypto], swiftSettings: house),
        .testTarget(
            name: "FerryClientTests",
            dependencies: [
                "FerryClient", "FerryFetch", "FerryWire", nioCore, nioPosix, nioHTTP1, asyncHTTPClient, crypto,
                logging,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryFetchTests", dependencies: ["FerryFetch", "FerryWire", nioCore, nioPosix, nioHTTP1, nioSSL],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryWebTests",
            dependencies: [
                "FerryWeb", "FerryFetch", "FerryServerCore", "FerrySigning", "FerryTesting", "FerryWire", nioCore,
                nioPosix, logging,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryAppTests",
            dependencies: ["FerryApp", "FerryFetch", "FerryWire", nioCore, nioPosix, nioHTTP1, crypto, logging],
            swiftSettings: house
        ),
        .testTarget(
            name: "BuiltinAppsTests",
            // The image library for its module map, which importing the executable needs.
            dependencies: ["ferry-builtin-apps", "FerryApp", "FerryWire", "CVips", nioCore],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryServerCoreTests",
            dependencies: [
                "FerryServerCore", "FerrySigning", "FerryTesting", "FerryWire", nioCore, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryServerHTTPTests",
            dependencies: [
                "FerryServerHTTP", "FerryServerCore", "FerryTesting", "FerryWire", hummingbird, httpTypes, nioCore,
                nioPosix, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryBlobDiskTests",
            dependencies: ["FerryBlobDisk", "FerryServerCore", "FerryTesting", nioCore, nioPosix, crypto],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryMetadataSQLiteTests",
            dependencies: [
                "FerryMetadataSQLite", "FerryServerCore", "FerryTesting", "FerryWire", grdb, nioCore, logging,
                serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryMagicTests",
            dependencies: ["FerryMagic", "FerryServerCore", "FerryTesting", "FerryWire", nioCore, nioPosix],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryAppHostTests",
            dependencies: ["FerryAppHost", "FerryServerCore", "FerryTesting", "FerryWire", nioCore, nioPosix, logging],
            swiftSettings: house
        ),
        .testTarget(
            name: "FerryTestingTests",
            dependencies: ["FerryTesting", "FerryServerCore", "FerryWire", nioCore],
            swiftSettings: house
        ),
        .testTarget(
            name: "ferryTests",
            // GRDB for its module map, which importing the executable needs.
            dependencies: ["ferry", "FerryClient", "FerryWire", argumentParser, grdb],
            swiftSettings: house
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["FerryClient", "FerryWire", "FerryTesting", crypto],
            swiftSettings: house
        ),
    ],
    swiftLanguageModes: [.v6]
)

if !developing.isEmpty {
    package.targets.append(
        .executableTarget(
            name: "text-decoding-benchmark", dependencies: ["FerryWire"], path: "Benchmarks/TextDecoding",
            swiftSettings: house))
    package.targets.append(
        .executableTarget(
            name: "data-uri-memory-benchmark", dependencies: ["FerryClient"], path: "Benchmarks/DataURIMemory",
            swiftSettings: house))
    package.targets.append(
        .executableTarget(
            name: "call-overhead-benchmark", dependencies: ["FerryClient"], path: "Benchmarks/CallOverhead",
            swiftSettings: house))
    package.targets.append(
        .executableTarget(
            name: "echo-app", dependencies: ["FerryApp"], path: "Benchmarks/EchoApp", swiftSettings: house))
}
if fuzzing {
    package.targets += [
        .target(name: "CFuzzMain", path: "Fuzz/CFuzzMain"),
        // Without counters: only the parsers shall lead the fuzzer.
        .target(
            name: "FuzzReferences", dependencies: ["FerryWire", "FerryServerCore"], path: "Fuzz/References",
            swiftSettings: house),
        .executableTarget(
            name: "ferry-fuzz",
            dependencies: ["FerryWire", "FerrySigning", "FerryServerCore", "FuzzReferences", "CFuzzMain"],
            path: "Fuzz",
            exclude: ["CFuzzMain", "References", "Dictionaries", "Seeds", "README.md"],
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(sanitizers + ["-profile-generate"])]
        ),
    ]
}
