using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>Repeats the accepted steps of a solve by operations that autograd follows, in their order.</summary>
internal abstract class StepReplay : IDisposable
{
    /// <summary>Creates the replay of a method's steps.</summary>
    /// <param name="term">Right-hand side, whose evaluation autograd follows.</param>
    /// <param name="options">Method and step control of the solve.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    public static StepReplay Create(IDifferentiableOdeTerm term, OdeOptions options, Tensor start) => options.Method switch
    {
        ExplicitRungeKutta method => new ExplicitRungeKuttaReplay(term, method, start.shape),
        DiagonallyImplicitRungeKutta method => new ImplicitRungeKuttaReplay(term, method, options.StepControl as AdaptiveStepControl, start),
        AdamsBashforthMoulton => new AdamsBashforthMoultonReplay(term, start.shape),
        OneStepMethod method => new OneStepReplay(term, method, start.shape),
        _ => throw new ArgumentException($"Method {options.Method.Name} is not known.", nameof(options)),
    };

    /// <summary>Repeats a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">State at its start, <c>[n]</c>.</param>
    /// <param name="thetas">Places of the outputs strictly inside it.</param>
    /// <param name="outputs">Receives the states there, each <c>[n]</c>.</param>
    /// <returns>State at its end, <c>[n]</c>.</returns>
    public abstract Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

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
