using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Windows side by side, those that are shorter filled up with pieces that take no time.</summary>
/// <param name="Lengths">Signed times between observations, [pieces, windows, 1].</param>
/// <param name="Controls">Mean controls between observations, [pieces, windows, controls], or <see langword="null"/> without any.</param>
/// <param name="Targets">Observed states, 0 where there is none, [pieces + 1, windows, width].</param>
/// <param name="Mask">1 where there is one, [pieces + 1, windows, width].</param>
/// <param name="Weights">Weights of the windows' series, [windows].</param>
/// <param name="LongestPiece">Longest time between observations.</param>
internal sealed record MotionBatch(Tensor Lengths, Tensor? Controls, Tensor Targets, Tensor Mask, Tensor Weights, double LongestPiece) : IDisposable
{
    public int Pieces => (int)Lengths.shape[0];

    private Tensor[] Tensors => [.. new[] { Lengths, Controls, Targets, Mask, Weights }.OfType<Tensor>()];

    /// <summary>Takes the tensors out of their dispose scope: they live until they are disposed of.</summary>
    public MotionBatch Detach()
    {
        Array.ForEach(Tensors, tensor => tensor.DetachFromDisposeScope());
        return this;
    }

    public void Dispose() => Array.ForEach(Tensors, tensor => tensor.Dispose());

    public static MotionBatch Create(IReadOnlyList<MotionWindow> windows, Device device)
    {
        int pieces = Math.Max(1, windows.Max(window => window.Pieces)), count = windows.Count, width = windows[0].Motion.States[0].Length, controls = windows[0].Motion.Series.Covariates.Length;
        double[] lengths = new double[pieces * count], inputs = new double[pieces * count * controls], targets = new double[(pieces + 1) * count * width], mask = new double[targets.Length];
        for (int w = 0; w < count; w++)
        {
            MotionWindow window = windows[w];
            for (int piece = 0; piece <= window.Pieces; piece++)
            {
                double[] state = window.Motion.States[window.Observation(piece)];
                for (int v = 0; v < width; v++)
                {
                    int place = (((piece * count) + w) * width) + v;
                    (targets[place], mask[place]) = double.IsFinite(state[v]) ? (state[v], 1) : (0, 0);
                }

                if (piece < window.Pieces)
                {
                    (double from, double to) = (window.Time(piece), window.Time(piece + 1));
                    lengths[(piece * count) + w] = window.Motion.Length(from, to);
                    int next = ((piece * count) + w) * controls;
                    foreach (double control in window.Motion.Controls(from, to))
                    {
                        inputs[next++] = control;
                    }
                }
            }
        }

        return new MotionBatch(
            NativeTensor.Of(lengths, [pieces, count, 1], device),
            controls == 0 ? null : NativeTensor.Of(inputs, [pieces, count, controls], device),
            NativeTensor.Of(targets, [pieces + 1, count, width], device),
            NativeTensor.Of(mask, [pieces + 1, count, width], device),
            NativeTensor.Of(windows.Select(window => (double)window.Motion.Series.Weight).ToArray(), [count], device),
            lengths.Max(Math.Abs));
    }

    /// <summary>Some of the windows.</summary>
    /// <param name="windows">Their indices, int64.</param>
    public MotionBatch Select(Tensor windows) => this with
    {
        Lengths = Lengths.index_select(1, windows),
        Controls = Controls?.index_select(1, windows),
        Targets = Targets.index_select(1, windows),
        Mask = Mask.index_select(1, windows),
        Weights = Weights.index_select(0, windows),
    };

    /// <summary>The first so many pieces of each window.</summary>
    public MotionBatch First(int pieces) => this with
    {
        Lengths = Lengths.narrow(0, 0, pieces),
        Controls = Controls?.narrow(0, 0, pieces),
        Targets = Targets.narrow(0, 0, pieces + 1),
        Mask = Mask.narrow(0, 0, pieces + 1),
    };

    /// <summary>The same windows so many times, one repetition after another.</summary>
    public MotionBatch Repeat(long times) => this with { Lengths = Lengths.repeat(1, times, 1), Controls = Controls?.repeat(1, times, 1) };
}
