using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Differences between observed and predicted states: those of angles without whole turns.</summary>
internal static class MotionResiduals
{
    /// <summary>Observed less predicted, 0 where nothing was observed.</summary>
    /// <param name="batch">What was observed.</param>
    /// <param name="states">What is predicted, like its targets.</param>
    /// <param name="angles">Which variables are angles.</param>
    public static Tensor Of(MotionBatch batch, Tensor states, int[] angles)
    {
        Tensor difference = batch.Targets - states;
        if (angles.Length > 0)
        {
            double[] turn = new double[states.shape[^1]];
            Array.ForEach(angles, angle => turn[angle] = 1 / (2 * Math.PI));
            Tensor turns = (difference.detach() * NativeTensor.Of(turn, [turn.Length], states.device)).round();
            difference = difference - (turns * (2 * Math.PI).Held());
        }

        return difference * batch.Mask;
    }
}
