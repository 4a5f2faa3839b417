namespace FlowBuild;

/// <summary>How a flow writes images in JSON: the <c>message_format</c> of its definition.</summary>
public enum FlowImageFormat
{
    /// <summary><c>{"data:image/png;base64": "…"}</c>, prompt flow's own form and the default.</summary>
    Basic,

    /// <summary><c>{"type": "image_url", "image_url": {"url": "…"}}</c>, the form of OpenAI's vision models (<c>openai-vision</c>).</summary>
    OpenAIVision,
}
