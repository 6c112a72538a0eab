#!/usr/bin/python3
"""Serves an MP4 file (H.264, AAC) by RTSP in real time: rtsp_server.py FILE PORT

Each client has the file from its beginning; a stream ends with the file.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

film, port = sys.argv[1:]
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f'( filesrc location="{film}" ! qtdemux name=film '
    "film.video_0 ! queue ! h264parse "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 "
    "film.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )")
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
