// SPDX-License-Identifier: Apache-2.0

/// Where the Swift libraries of this process are: programs that were built with the same toolchain need to see them.
enum SwiftRuntime {
    /// Most bytes of the list of mappings that are read. 16 MiB.
    private static let maximumMappings = 16 << 20

    /// The libraries' folder; nil if they are linked in or this system does not tell.
    static let folder: String? = {
        guard let mappings = ProcessFile.read("/proc/self/maps", upTo: maximumMappings) else { return nil }
        for line in mappings.split(separator: UInt8(ascii: "\n")) {
            guard let slash = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
            let path = String(decoding: line[slash...], as: UTF8.self)
            if path.utf8.suffix(15).elementsEqual("/libswiftCore.so".utf8.suffix(15)) {
                return Folders.split(path).parent
            }
        }
        return nil
    }()
}
