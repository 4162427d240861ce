import QtQuick
import "controls"

// A round button.
Rectangle {
    id: root
    property int radiusOfButton: 3
    signal pressed(int x)
    function press(x) {
        root.pressed(x)
        helper(x)
    }
    MouseArea {
        id: area
        onClicked: root.press(1)
    }
}
