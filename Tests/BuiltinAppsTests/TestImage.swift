// SPDX-License-Identifier: Apache-2.0

/// Images made byte by byte, without an image library.
enum TestImage {
    typealias Colour = (UInt8, UInt8, UInt8)

    /// A PNG, stored without compression.
    static func png(width: Int, height: Int, _ colour: (_ x: Int, _ y: Int) -> Colour) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity((width * 3 + 1) * height)
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width {
                let (red, green, blue) = colour(x, y)
                rows.append(red)
                rows.append(green)
                rows.append(blue)
            }
        }
        return png(width: width, height: height, rows: rows)
    }

    /// A PNG that looks a little like a photograph: smooth, with fine noise.
    static func photograph(width: Int, height: Int) -> [UInt8] {
        var seed: UInt32 = 7
        return png(width: width, height: height) { x, y in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            let noise = Int(seed >> 27)
            return (
                UInt8(min(255, x * 220 / width + noise)), UInt8(min(255, y * 220 / height + noise)),
                UInt8(min(255, (x + y) * 110 / (width + height) + noise))
            )
        }
    }

    /// A PNG whose header announces those dimensions whatever the rows hold.
    static func png(width: Int, height: Int, rows: [UInt8]) -> [UInt8] {
        let header = big(width) + big(height) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", stored(rows)) + chunk("IEND", [])
    }

    /// The JPEG with an EXIF block that holds nothing but this orientation.
    static func jpeg(_ jpeg: [UInt8], orientation: UInt8) -> [UInt8] {
        let tiff: [UInt8] =
            [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
        let body = Array("Exif\0\0".utf8) + tiff
        let length = body.count + 2
        return Array(jpeg[..<2]) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + body + jpeg[2...]
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return big(data.count) + body + big(Int(crc(body)))
    }

    private static func big(_ value: Int) -> [UInt8] {
        [UInt8(value >> 24 & 255), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// A zlib stream of stored blocks.
    private static func stored(_ data: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0x78, 0x01]
        var rest = data[...]
        repeat {
            let block = rest.prefix(65535)
            rest = rest.dropFirst(65535)
            let length = UInt16(block.count)
            output.append(rest.isEmpty ? 1 : 0)
            output += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
            output += block
        } while !rest.isEmpty
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in data {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return output + big(Int(b << 16 | a))
    }

    private static func crc(_ data: [UInt8]) -> UInt32 {
        var value: UInt32 = ~0
        for byte in data {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return ~value
    }
}
