// SPDX-License-Identifier: Apache-2.0

package import FerryWire

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A second reader of RFC 8259, made another way: words first, then a stack of open brackets.
package indirect enum ReferenceJSON {
    case word(String)
    case number(String)
    case string([UInt8])
    case array([ReferenceJSON])
    case object([(name: [UInt8], value: ReferenceJSON)])

    private enum Token {
        case mark(UInt8)
        case value(ReferenceJSON)
    }

    /// Nil for anything that is not one JSON text with distinct names.
    package static func read(_ bytes: [UInt8], maximumDepth: Int) -> ReferenceJSON? {
        var rest = bytes[...]
        var tokens: [Token] = []
        while let byte = rest.first {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: rest.removeFirst()
            case 0x5B, 0x5D, 0x7B, 0x7D, 0x2C, 0x3A: tokens.append(.mark(rest.removeFirst()))
            case 0x22:
                guard let text = string(&rest) else { return nil }
                tokens.append(.value(.string(text)))
            default:
                let run = rest.prefix { !" \t\n\r[]{},:\"".utf8.contains($0) }
                rest = rest.dropFirst(run.count)
                let text = String(decoding: run, as: UTF8.self)
                if ["true", "false", "null"].contains(text) {
                    tokens.append(.value(.word(text)))
                } else {
                    guard isNumber(run) else { return nil }
                    tokens.append(.value(.number(text)))
                }
            }
        }
        return build(tokens, maximumDepth: maximumDepth)
    }

    // MARK: - Brackets

    private struct Open {
        var isObject: Bool
        var names: [[UInt8]] = []
        var values: [ReferenceJSON] = []
        var state = State.first
    }

    private enum State { case first, next, colon, value, end }

    private static func build(_ tokens: [Token], maximumDepth: Int) -> ReferenceJSON? {
        var stack: [Open] = []
        var result: ReferenceJSON?
        func place(_ value: ReferenceJSON) -> Bool {
            guard let top = stack.indices.last else {
                defer { result = value }
                return result == nil
            }
            if stack[top].isObject {
                switch (stack[top].state, value) {
                case (.first, .string(let name)), (.next, .string(let name)):
                    guard !stack[top].names.contains(name) else { return false }
                    stack[top].names.append(name)
                    stack[top].state = .colon
                    return true
                case (.value, _): break
                default: return false
                }
            } else if stack[top].state == .end {
                return false
            }
            stack[top].values.append(value)
            stack[top].state = .end
            return true
        }
        for token in tokens {
            switch token {
            case .value(let value):
                guard place(value) else { return nil }
            case .mark(0x5B), .mark(0x7B):
                guard stack.count < maximumDepth, canOpen(stack.last, afterResult: result != nil) else { return nil }
                if case .mark(let byte) = token { stack.append(Open(isObject: byte == 0x7B)) }
            case .mark(0x5D), .mark(0x7D):
                guard let open = stack.popLast(), open.state == .first || open.state == .end else { return nil }
                guard case .mark(let byte) = token, open.isObject == (byte == 0x7D) else { return nil }
                let value =
                    open.isObject
                    ? ReferenceJSON.object(zip(open.names, open.values).map { ($0, $1) }) : .array(open.values)
                guard place(value) else { return nil }
            case .mark(0x2C):
                guard let top = stack.indices.last, stack[top].state == .end else { return nil }
                stack[top].state = .next
            case .mark:
                guard let top = stack.indices.last, stack[top].state == .colon else { return nil }
                stack[top].state = .value
            }
        }
        return stack.isEmpty ? result : nil
    }

    private static func canOpen(_ open: Open?, afterResult: Bool) -> Bool {
        guard let open else { return !afterResult }
        return open.isObject ? open.state == .value : open.state == .first || open.state == .next
    }

    // MARK: - Words

    private static func isNumber(_ run: ArraySlice<UInt8>) -> Bool {
        var rest = run
        func digits() -> Int {
            let count = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == 0x2D { rest.removeFirst() }
        let hasLeadingZero = rest.first == 0x30
        let whole = digits()
        guard whole > 0, !hasLeadingZero || whole == 1 else { return false }
        if rest.first == 0x2E {
            rest.removeFirst()
            guard digits() > 0 else { return false }
        }
        if let byte = rest.first, byte | 0x20 == 0x65 {
            rest.removeFirst()
            if let sign = rest.first, sign == 0x2B || sign == 0x2D { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty && strtod(String(decoding: run, as: UTF8.self), nil).isFinite
    }

    private static func string(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        rest.removeFirst()
        var text: [UInt8] = []
        var units: [UInt16] = []
        while let byte = rest.popFirst() {
            let isUnit = byte == 0x5C && rest.first == 0x75
            if !isUnit {
                guard let pending = scalars(units) else { return nil }
                text += pending
                units = []
            }
            switch byte {
            case 0x22: return isUTF8(text) ? text : nil
            case 0..<0x20: return nil
            case 0x5C where isUnit:
                let digits = rest.dropFirst().prefix(4)
                guard digits.count == 4, digits.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
                    let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                units.append(unit)
                rest = rest.dropFirst(5)
            case 0x5C:
                guard let letter = rest.popFirst(), let place = Array("\"\\/bfnrt".utf8).firstIndex(of: letter) else {
                    return nil
                }
                text.append([0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09][place])
            default: text.append(byte)
            }
        }
        return nil
    }

    /// UTF-16 as UTF-8; nil for half a pair.
    private static func scalars(_ units: [UInt16]) -> [UInt8]? {
        var text: [UInt8] = []
        var high: UInt32?
        for unit in units.map(UInt32.init) {
            let isLow = unit >= 0xDC00 && unit < 0xE000
            guard (high != nil) == isLow else { return nil }
            if unit >= 0xD800, unit < 0xDC00 {
                high = unit
                continue
            }
            let value = high.map { 0x10000 + ($0 - 0xD800) * 0x400 + (unit - 0xDC00) } ?? unit
            high = nil
            guard let scalar = Unicode.Scalar(value) else { return nil }
            text += Array(String(Character(scalar)).utf8)
        }
        return high == nil ? text : nil
    }

    /// The table of well-formed byte sequences of the Unicode standard (3-7).
    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while let first = rest.popFirst() {
            let second: ClosedRange<UInt8>
            let more: Int
            switch first {
            case 0x00...0x7F: continue
            case 0xC2...0xDF: (second, more) = (0x80...0xBF, 0)
            case 0xE0: (second, more) = (0xA0...0xBF, 1)
            case 0xED: (second, more) = (0x80...0x9F, 1)
            case 0xE1...0xEF: (second, more) = (0x80...0xBF, 1)
            case 0xF0: (second, more) = (0x90...0xBF, 2)
            case 0xF4: (second, more) = (0x80...0x8F, 2)
            case 0xF1...0xF3: (second, more) = (0x80...0xBF, 2)
            default: return false
            }
            guard let next = rest.popFirst(), second.contains(next) else { return false }
            let tail = rest.prefix(more)
            guard tail.count == more, tail.allSatisfy({ $0 & 0xC0 == 0x80 }) else { return false }
            rest = rest.dropFirst(more)
        }
        return true
    }

    // MARK: - Comparing

    package func isSame(as value: JSONValue) -> Bool {
        switch (self, value) {
        case (.word("null"), .null), (.word("true"), .bool(true)), (.word("false"), .bool(false)): true
        case (.number(let text), .integer(let integer)):
            !text.contains(where: { ".eE".contains($0) }) && Int64(text) == integer
        case (.number(let text), .double(let double)):
            (text.contains(where: { ".eE".contains($0) }) || Int64(text) == nil) && strtod(text, nil) == double
        case (.string(let text), .string(let other)): other.utf8.elementsEqual(text)
        case (.array(let elements), .array(let others)):
            elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
        case (.object(let members), .object(let others)):
            members.count == others.count
                && zip(members, others).allSatisfy {
                    $1.key.utf8.elementsEqual($0.name) && $0.value.isSame(as: $1.value)
                }
        default: false
        }
    }
}
