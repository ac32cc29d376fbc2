// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Labels and the names that are safe on any file system.
struct FilenameTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var randomness = Randomness(input)
        let stretched = randomness.stretched(
            input, beyond: Filename.maximumLength, orBeyond: Filename.maximumInputLength)
        let name = String(decoding: stretched, as: UTF8.self)
        // Either, as the hash of the input says.
        if randomness.isOne(in: 2) { checkLabel(of: name) } else { checkSafe(name) }
    }

    private func checkLabel(of name: String) {
        let label = try? Filename.label(name)
        let expected = ReferenceFilename.label(name)
        promise((label == nil) == (expected == nil), "a name was \(label == nil ? "refused" : "accepted")")
        guard let label, let expected else { return }
        promise(isSame(label, expected), "the label is another one")
        guard let again = try? Filename.label(label) else {
            promise(false, "a label is refused as a name")
            return
        }
        promise(isSame(again, label), "the label of a label is another one")
    }

    private func checkSafe(_ name: String) {
        let safe = subject(name)
        let bytes = Array(safe.utf8)
        promise(!bytes.isEmpty && bytes.count <= 255, "a safe name has \(bytes.count) bytes")
        promise(
            bytes.allSatisfy { !ReferenceFilename.isReserved[Int($0)] },
            "a safe name holds a separator, a control character or one that Windows reserves")
        promise(bytes.last != 0x2E && bytes.last != 0x20, "a safe name ends with a dot or a blank")
        promise(!safe.unicodeScalars.contains(where: ReferenceFilename.isMark), "a safe name holds a direction mark")
        promise(!ReferenceFilename.isDevice(bytes), "a safe name is a device's")
        promise(isSame(Filename.safe(safe), safe), "a safe name is changed again")
    }

    private func subject(_ name: String) -> String {
        // Planted: device names are known in capitals alone.
        let isLower = { (byte: UInt8) in byte >= 0x61 && byte <= 0x7A }
        if isCanaryPlanted, ReferenceFilename.isDevice(Array(name.utf8)), name.utf8.prefix(3).allSatisfy(isLower),
            name.utf8.contains(0x2E),
            Filename.safe("x" + name).utf8.elementsEqual(("x" + name).utf8)
        {
            return name
        }
        return Filename.safe(name)
    }
}
