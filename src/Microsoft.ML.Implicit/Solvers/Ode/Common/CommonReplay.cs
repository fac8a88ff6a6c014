using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Repeats steps that are common to all rows.</summary>
internal abstract class CommonReplay : StepReplay
{
    public sealed override Tensor Take(StepRecord steps, Tensor state, List<Tensor> outputs)
    {
        double[] thetas = steps.Thetas();
        bool endsAtOutput = thetas is [.., 1.0];
        var states = new List<Tensor>();
        Tensor end = Take(steps.Steps[0], state, endsAtOutput ? thetas.AsSpan()[..^1] : thetas, states);
        if (endsAtOutput)
        {
            states.Add(end);
        }

        if (states.Count > 0)
        {
            outputs.Add(stack(states));
        }

        return end;
    }

    /// <summary>Repeats a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">State at its start, <c>[n]</c>.</param>
    /// <param name="thetas">Places of the outputs strictly inside it.</param>
    /// <param name="outputs">Receives the states there, each <c>[n]</c>.</param>
    /// <returns>State at its end, <c>[n]</c>.</returns>
    protected abstract Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs);

    /// <summary>z + h Σⱼ wⱼkⱼ.</summary>
    protected static Tensor Combine(Tensor state, IReadOnlyList<Tensor> stages, ReadOnlySpan<double> weights, double size)
    {
        Tensor sum = state;
        for (int j = 0; j < weights.Length; j++)
        {
            if (weights[j] != 0)
            {
                sum = sum.add(stages[j], alpha: (weights[j] * size).Held());
            }
        }

        return sum;
    }

    /// <summary>States inside a step of a Runge-Kutta method.</summary>
    protected static void Interpolate(RungeKutta method, OdeStep step, Tensor state, IReadOnlyList<Tensor> stages, ReadOnlySpan<double> thetas, List<Tensor> outputs)
    {
        double[,] weights = method.DenseWeights(thetas, step.Size);
        for (int m = 0; m < thetas.Length; m++)
        {
            int row = m;
            outputs.Add(Combine(state, stages, [.. Enumerable.Range(0, method.DenseStages).Select(i => weights[row, i])], 1.0));
        }
    }
}
