namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>What the models answer: each writes one of the columns.</summary>
internal sealed class ModelOutput
{
    public float Score { get; set; }

    public float[] Output { get; set; } = [];

    public float[] ToArray() => Output.Length > 0 ? Output : [Score];
}
