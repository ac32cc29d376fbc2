// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What one fuzz target does with an input.
protocol FuzzTarget: Sendable {
    /// Runs one input through the parser and holds the outcome against what was promised.
    ///
    /// Ends the process through ``promise(_:_:)`` when it is not kept.
    func run(_ input: [UInt8])
}

/// The targets by the name that `FERRY_FUZZ_TARGET` gives.
private let targets: [String: @Sendable () -> any FuzzTarget] = [
    "base64": { Base64Target() },
    "content-disposition": { ContentDispositionTarget() },
    "cursors": { CursorsTarget() },
    "data-uri": { DataURITarget() },
    "filename": { FilenameTarget() },
    "json": { JSONTarget() },
    "lines": { LinesTarget() },
    "media-type": { MediaTypeTarget() },
    "multipart": { MultipartTarget() },
    "ranges": { RangesTarget() },
    "signed-urls": { SignedURLsTarget() },
]

private let selected: any FuzzTarget = {
    let name = environment("FERRY_FUZZ_TARGET") ?? ""
    guard let make = targets[name] else {
        report("set FERRY_FUZZ_TARGET to one of: \(targets.keys.sorted().joined(separator: ", "))")
        exit(2)
    }
    return make()
}()

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    selected.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Whether a bug is planted in front of the oracle, to prove that the run would see one.
let isCanaryPlanted = environment("FERRY_FUZZ_CANARY") == "1"

private func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

private func report(_ text: String) {
    let line = Array("ferry-fuzz: ".utf8) + text.utf8.prefix(400) + [0x0A]
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}

/// Ends the process, so that libFuzzer keeps the input, unless the promise is kept.
func promise(_ isKept: @autoclosure () -> Bool, _ words: @autoclosure () -> String) {
    if isKept() { return }
    report("broken promise: \(words())")
    abort()
}
