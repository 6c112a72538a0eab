#include "core/playlist/multivariant_playlist.h"

#include "core/playlist/hls_text.h"

namespace usher::playlist {
namespace {

AttributeList Attributes(const AudioRendition& audio) {
  AttributeList attributes;
  attributes.Token("TYPE", "AUDIO")
      .Quoted("GROUP-ID", audio.group)
      .Quoted("NAME", audio.name);
  if (!audio.language.empty()) attributes.Quoted("LANGUAGE", audio.language);
  attributes.YesNo("DEFAULT", audio.is_default)
      .YesNo("AUTOSELECT", audio.autoselect || audio.is_default);
  if (!audio.characteristics.empty()) {
    attributes.Quoted("CHARACTERISTICS", audio.characteristics);
  }
  if (!audio.channels.empty()) attributes.Quoted("CHANNELS", audio.channels);
  return attributes.Quoted("URI", audio.uri);
}

AttributeList Attributes(const SubtitleRendition& subtitle) {
  AttributeList attributes;
  attributes.Token("TYPE", "SUBTITLES")
      .Quoted("GROUP-ID", subtitle.group)
      .Quoted("NAME", subtitle.name);
  if (!subtitle.language.empty()) {
    attributes.Quoted("LANGUAGE", subtitle.language);
  }
  // AUTOSELECT: a viewer whose settings ask for this language gets it.
  attributes.YesNo("DEFAULT", subtitle.is_default).YesNo("AUTOSELECT", true);
  if (subtitle.forced) attributes.YesNo("FORCED", true);
  if (!subtitle.characteristics.empty()) {
    attributes.Quoted("CHARACTERISTICS", subtitle.characteristics);
  }
  return attributes.Quoted("URI", subtitle.uri);
}

// What both kinds of variant say of pictures' light.
template <typename V>
void AppendRange(const V& variant, AttributeList& attributes) {
  if (!variant.supplemental_codecs.empty()) {
    attributes.Quoted("SUPPLEMENTAL-CODECS", variant.supplemental_codecs);
  }
  if (!variant.video_range.empty()) {
    attributes.Token("VIDEO-RANGE", variant.video_range);
  }
}

AttributeList Attributes(const Variant& variant) {
  AttributeList attributes;
  attributes.Integer("BANDWIDTH", variant.bandwidth)
      .Integer("AVERAGE-BANDWIDTH", variant.average_bandwidth)
      .Quoted("CODECS", variant.codecs);
  if (variant.width != 0) {
    attributes.Resolution("RESOLUTION", variant.width, variant.height);
  }
  if (variant.frame_rate > 0) {
    attributes.Float("FRAME-RATE", variant.frame_rate);
  }
  AppendRange(variant, attributes);
  if (!variant.audio_group.empty()) {
    attributes.Quoted("AUDIO", variant.audio_group);
  }
  if (!variant.subtitle_group.empty()) {
    attributes.Quoted("SUBTITLES", variant.subtitle_group);
  }
  if (variant.no_captions) attributes.Token("CLOSED-CAPTIONS", "NONE");
  return attributes;
}

AttributeList Attributes(const IFrameVariant& variant) {
  AttributeList attributes;
  attributes.Integer("BANDWIDTH", variant.bandwidth)
      .Integer("AVERAGE-BANDWIDTH", variant.average_bandwidth)
      .Quoted("CODECS", variant.codecs)
      .Resolution("RESOLUTION", variant.width, variant.height);
  AppendRange(variant, attributes);
  return attributes.Quoted("URI", variant.uri);
}

}  // namespace

std::string Write(const MultivariantPlaylist& playlist) {
  HlsText text;
  text.Tag("EXT-X-VERSION", playlist.version);
  if (playlist.independent_segments) text.Tag("EXT-X-INDEPENDENT-SEGMENTS");
  for (const HlsKey& key : playlist.session_keys) {
    text.Tag("EXT-X-SESSION-KEY", Attributes(key));
  }
  for (const AudioRendition& audio : playlist.audio) {
    text.Tag("EXT-X-MEDIA", Attributes(audio));
  }
  for (const SubtitleRendition& subtitle : playlist.subtitles) {
    text.Tag("EXT-X-MEDIA", Attributes(subtitle));
  }
  for (const Variant& variant : playlist.variants) {
    text.Tag("EXT-X-STREAM-INF", Attributes(variant));
    text.Uri(variant.uri);
  }
  for (const IFrameVariant& variant : playlist.i_frame_variants) {
    text.Tag("EXT-X-I-FRAME-STREAM-INF", Attributes(variant));
  }
  for (const ImageVariant& variant : playlist.image_variants) {
    text.Tag("EXT-X-IMAGE-STREAM-INF",
             AttributeList()
                 .Integer("BANDWIDTH", variant.bandwidth)
                 .Resolution("RESOLUTION", variant.width, variant.height)
                 .Quoted("CODECS", "jpeg")
                 .Quoted("URI", variant.uri));
  }
  return text.Take();
}

}  // namespace usher::playlist
