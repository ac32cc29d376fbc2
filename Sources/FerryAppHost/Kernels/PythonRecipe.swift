// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What a virtual environment is made of. Equal recipes share one.
struct PythonRecipe: Sendable, Hashable {
    let interpreter: PythonInterpreter
    /// The bytes of `requirements.txt`; nil if there is none.
    let requirements: [UInt8]?
    /// The app's folder, which relative requirements start from.
    let folder: String
    /// The app, for messages.
    let reference: String
    /// The app's version.
    let versionID: String

    /// The environment's name on disk. One that holds files of the app's folder is that version's alone.
    var name: String {
        var text = Array("\(interpreter.version)\n\(interpreter.path)\n\(PythonRunner.packageVersion)\n".utf8)
        text += requirements ?? []
        if isLocal { text += Array("\n\(versionID)".utf8) }
        return "python-" + StableIdentifier.make(text)
    }

    /// Whether the requirements may take in other files, as `./lib`, `-e .` and `-r more.txt` do.
    var isLocal: Bool { RequirementLines(requirements ?? []).nameFiles }

    /// Whether the requirements name the platform's package themselves.
    var namesPackage: Bool {
        guard let requirements else { return false }
        return requirements.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).contains {
            line in
            let name = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.prefix { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
            return String(decoding: name, as: UTF8.self).lowercased() == "inferencesh"
        }
    }

    /// What `pip` is asked for.
    var packages: [String] {
        let own = namesPackage ? [] : ["inferencesh==\(PythonRunner.packageVersion)"]
        return own + (requirements == nil ? [] : ["-r", "\(folder)/requirements.txt"])
    }
}
