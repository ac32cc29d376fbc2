// SPDX-License-Identifier: Apache-2.0

extension Filename {
    /// The name offered to whoever saves a file of that label, in a header that escapes what it must: the label itself,
    /// but without what means something else to Windows. A colon, which would name a stream of another file, becomes
    /// `_`; dots and spaces at the end are dropped; `_` is put before device names such as `CON`.
    public static func offered(_ label: String) -> String {
        var scalars = label.unicodeScalars.map { $0 == ":" ? "_" : $0 }[...]
        while let last = scalars.last, last == "." || last == " " { scalars.removeLast() }
        let text = String(String.UnicodeScalarView(scalars))
        guard !text.isEmpty else { return fallback }
        // Of device names alone the safe form has that prefix already.
        return safe(text) == safe("_" + text) ? "_" + text : text
    }
}
