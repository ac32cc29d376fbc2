// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `ContentTypeDetector` must do.
public struct ContentTypeDetectorConformance: Sendable {
    private let make: @Sendable () async throws -> any ContentTypeDetector

    /// The suite for detectors made by `make`.
    public init(make: @escaping @Sendable () async throws -> any ContentTypeDetector) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh detector.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any ContentTypeDetector>(
        "ContentTypeDetector",
        [
            ("usual files are told by their beginning", usual),
            ("nothing tells nothing", nothing),
            ("bytes of every kind are answered, to many callers at once", hostile),
        ])

    /// Beginnings of files, with the registered name of their type.
    private static let samples: [(String, [UInt8])] = [
        (
            "image/png",
            [
                0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0,
                0, 1,
            ]
        ),
        ("image/gif", Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0]),
        ("application/pdf", Array("%PDF-1.7\n1 0 obj\n".utf8)),
        ("image/jpeg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0]),
        ("application/gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4]),
        ("audio/flac", Array("fLaC".utf8) + [0, 0, 0, 34] + Array(repeating: 0, count: 34)),
        ("audio/wav", Array("RIFF".utf8) + [36, 0, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0]),
    ]

    private static let usual: Checks<any ContentTypeDetector>.Body = { detector, check in
        for (expected, bytes) in samples {
            let found = try await detector.mediaType(ofBytes: bytes)
            try check.equal(found?.essence, expected, "the type")
        }
    }

    private static let nothing: Checks<any ContentTypeDetector>.Body = { detector, check in
        try check.none(try await detector.mediaType(ofBytes: []), "the type of no bytes")
    }

    private static let hostile: Checks<any ContentTypeDetector>.Body = { detector, check in
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<32 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(seed))
                    // Beginnings of real files with a tail that belies them, and bytes at random.
                    let head = seed % 2 == 0 ? samples[seed % samples.count].1 : []
                    let tail = (0..<(seed * 500)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                    _ = try await detector.mediaType(ofBytes: head + tail)
                    for (expected, bytes) in samples {
                        let found = try await detector.mediaType(ofBytes: bytes)
                        try check.equal(found?.essence, expected, "the type beside other callers")
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
