// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

struct OfferedNameTests {
    @Test(arguments: [
        ("photo.png", "photo.png"), ("a\";b=\\\"", "a\";b=\\\""), ("résumé €.pdf", "résumé €.pdf"), ("_CON", "_CON"),
        ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.png", "_com1.png"), ("a:ads", "a_ads"), ("x. . ", "x"),
        ("...", "file"), (" ", "file"), (".htaccess", ".htaccess"), ("console.txt", "console.txt"),
        ("CON .txt", "_CON .txt"),
    ])
    func `a name offered means the same on every system (row 34)`(label: String, offered: String) {
        #expect(Filename.offered(label) == offered)
        #expect(Filename.offered(offered) == offered)
    }
}
