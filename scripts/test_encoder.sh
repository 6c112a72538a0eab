#!/usr/bin/env bash
# An encoder for rehearsals and measurements: publishes a test picture and a
# tone in real time, 30 pictures a second, a key frame every 2 s.
#
#   scripts/test_encoder.sh URL [FFMPEG_OUTPUT_OPTION...]
#
# The time of day is in the picture, for people as text, and for programs as
# bits: 20 squares of 16 pixels in the lower left corner, least significant
# first, white for 1: hundredths of a second since 1970, modulo 2^20.
set -euo pipefail

url=${1:?usage: scripts/test_encoder.sh URL [FFMPEG_OUTPUT_OPTION...]}
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf

# Time stamps are the clock's while it is drawn, and even ones again behind it.
picture='settb=1/1000,setpts=RTCTIME/(TB*1000000)'
picture+=',drawbox=x=0:y=ih-32:w=352:h=32:color=black:t=fill'
for bit in {0..19}; do
  picture+=",drawbox=x=$((16 * bit)):y=ih-24:w=16:h=16:color=white:t=fill"
  picture+=":enable='eq(mod(floor(t*100/pow(2\,$bit))\,2)\,1)'"
done
picture+=",drawtext=fontfile=$font:fontcolor=white:fontsize=48:box=1"
picture+=":boxcolor=black@0.5:boxborderw=12:x=(w-text_w)/2:y=h*0.4"
picture+=":text='%{localtime\:%T}'"
picture+=',setpts=N/(30*TB),settb=1/30'

case $url in
  srt:* | udp:*) format=mpegts ;;
  *) format=flv ;;
esac
exec ffmpeg -nostdin -v error -re \
  -f lavfi -i testsrc2=size=640x360:rate=30 \
  -f lavfi -i "sine=frequency=330:beep_factor=4:sample_rate=48000" \
  -vf "$picture" -c:v libx264 -preset veryfast -tune zerolatency -b:v 1200k \
  -g 60 -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 96k \
  "${@:2}" -f $format "$url"
