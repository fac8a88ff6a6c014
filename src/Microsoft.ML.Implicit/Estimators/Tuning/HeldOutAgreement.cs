using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How well the labels of training rows agree with networks that have not seen them: where a training leaves it.</summary>
internal sealed class HeldOutAgreement
{
    /// <summary>Log-odds that the label of each row is right.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Which rows these are.</summary>
    public RowPlaces Places { get; } = new();

    /// <param name="agreement">float32 [rows].</param>
    public void Keep(Tensor agreement)
    {
        using Tensor host = agreement.cpu().contiguous();
        Values = [.. host.data<float>().Select(value => Math.Clamp(value, -LabelOdds.Largest, LabelOdds.Largest))];
    }
}
