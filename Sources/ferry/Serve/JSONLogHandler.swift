// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Log lines as JSON objects on standard error.
struct JSONLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object: JSONObject = [
            "time": .time(ServerClock.system.now()), "level": .string(event.level.rawValue), "label": .string(label),
            "message": .string("\(event.message)"),
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            object[key] = .string("\(value)")
        }
        let line = JSONValue.object(object).serialized() + [UInt8(ascii: "\n")]
        _ = write(2, line, line.count)
    }
}
