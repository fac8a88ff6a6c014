using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is learned of rows, as one vector v: features in units of the data's deviations, targets where they are numbers, and log weights where the trainer weighs rows.</summary>
/// <param name="start">Rows to set out from.</param>
/// <param name="hasClasses">Whether targets are classes, which stay as they are.</param>
/// <param name="weighs">Whether rows are weighed.</param>
internal sealed class DistilledVariables(LinearRows start, bool hasClasses, bool weighs)
{
    private readonly long _width = start.Features.shape[1] - 1;

    public double[] Start
    {
        get
        {
            using Tensor features = start.Features.narrow(1, 0, _width).flatten();
            using Tensor all = cat([features, hasClasses ? Nothing() : start.Targets.flatten(), weighs ? start.Weights.log() : Nothing()]);
            return all.data<double>().ToArray();
        }
    }

    /// <summary>The rows at v, with a graph to it.</summary>
    public LinearRows Rows(Tensor v)
    {
        long count = start.Count, place = count * _width;
        Tensor features = cat([v.narrow(0, 0, place).view(count, _width), ones([count, 1], ScalarType.Float64)], 1);
        Tensor targets = hasClasses ? start.Targets : v.narrow(0, place, count).unsqueeze(1);
        return new LinearRows(features, targets, weighs ? v.narrow(0, v.shape[0] - count, count).softmax(0) * count.Held() : start.Weights);
    }

    private static Tensor Nothing() => zeros([0], ScalarType.Float64);
}
