using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Repeats the accepted steps of a solve with an autograd graph through all of them.</summary>
internal static class Backpropagation
{
    /// <summary>Differentiates the repeated steps.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="term">Its term.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first time, <c>[n]</c>, without the direct contribution of the first output.</returns>
    public static Tensor Run(OdeSolution solution, IDifferentiableOdeTerm term, Tensor cotangents, Tensor parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = solution.States[0].clone().requires_grad_();
        if (solution.Trace!.Outputs.Count == 0)
        {
            return zeros_like(cotangents[0]).MoveToOuterDisposeScope();
        }

        EnsureFollowed(term, solution.Times[0], start);
        Tensor states;
        using (enable_grad())
        {
            states = Replay(solution, term, start);
        }

        IReadOnlyList<Tensor> parameters = term.Parameters;
        List<Tensor> inputs = [start, .. parameters.Where(p => p.requires_grad)];
        Tensor?[] gradients = GuardedAutograd.Pullback([states], inputs, [cotangents.narrow(0, 1, states.shape[0])], term);
        FlatGradient.Add(parameterGradient, parameters, gradients, 1);
        return (gradients[0] ?? zeros_like(start)).reshape(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Throws where autograd does not follow the evaluation of a right-hand side.</summary>
    /// <exception cref="InvalidOperationException">It does not, and the derivative is not zero.</exception>
    public static void EnsureFollowed(IDifferentiableOdeTerm term, double time, Tensor start)
    {
        // A value outside autograd is right where the dynamics are constant; elsewhere gradients would be wrong without a word.
        using DisposeScope scope = NewDisposeScope();
        using (enable_grad())
        {
            if (term.EvaluateChecked(time, start).requires_grad)
            {
                return;
            }
        }

        Tensor parameterGradient = zeros(term.Parameters.Sum(p => p.numel()), start.dtype, start.device);
        using OdeLinearization linearization = term.LinearizeChecked(time, start.detach());
        Tensor gradient = linearization.PullbackChecked(HeldArithmetic.Range(1, start.numel() + 1, start.device).to(start.dtype).view(start.shape), parameterGradient);
        if (gradient.count_nonzero().item<long>() + parameterGradient.count_nonzero().item<long>() > 0)
        {
            throw new InvalidOperationException(
                $"The dynamics' {nameof(IOdeTerm.Evaluate)} is not followed by autograd: use {nameof(OdeGradientMethod.CheckpointedAdjoint)} with one of the built-in Runge-Kutta methods, which asks for vector-Jacobian products only.");
        }
    }

    /// <summary>Whether the steps of a method can be repeated by operations that autograd follows.</summary>
    public static bool CanReplay(OdeMethod method) => method is ExplicitRungeKutta or OneStepMethod;

    /// <summary>Repeats the accepted steps of a solve.</summary>
    /// <param name="solution">A solution with a trace, by a method that can be repeated.</param>
    /// <param name="term">Its term.</param>
    /// <param name="start">Its initial state, <c>[batch, ...]</c>.</param>
    /// <returns>States at all times but the first, <c>[times - 1, n]</c>.</returns>
    public static Tensor Replay(OdeSolution solution, IOdeTerm term, Tensor start)
    {
        OdeTrace trace = solution.Trace!;
        var outputs = new List<Tensor>();
        Tensor state = start.reshape(-1);
        Tensor? first = null;
        for (int n = 0; n < trace.Steps.Count; n++)
        {
            solution.Options.CancellationToken.ThrowIfCancellationRequested();
            OdeStep step = trace.Steps[n];
            double[] thetas = [.. trace.Outputs.Skip(outputs.Count).TakeWhile(o => o.Step == n).Select(o => o.Theta)];
            if (solution.Options.Method is ExplicitRungeKutta method)
            {
                first = n > 0 && trace.Steps[n - 1].Segment == step.Segment ? first : null;
                (state, first) = Step(term, method, step, state, first, start.shape, thetas, outputs);
            }
            else
            {
                state = Step(term, (OneStepMethod)solution.Options.Method, step, state.view(start.shape), thetas, outputs);
            }
        }

        return stack(outputs);
    }

    private static Tensor Step(IOdeTerm term, OneStepMethod method, OdeStep step, Tensor state, double[] thetas, List<Tensor> outputs)
    {
        var inSegment = new SegmentTerm(term, step.Segment);
        Tensor end = OneStepStepper.Take(method, inSegment, step, state).State;
        double[] inside = thetas is [.., 1.0] ? thetas[..^1] : thetas;
        if (inside.Length > 0)
        {
            outputs.AddRange(HermiteCubic.Interpolate(inSegment, step, state, end, inside).reshape(inside.Length, -1).unbind(0));
        }

        if (inside.Length < thetas.Length)
        {
            outputs.Add(end.reshape(-1));
        }

        return end.reshape(-1);
    }

    private static (Tensor State, Tensor? First) Step(
        IOdeTerm term, ExplicitRungeKutta method, OdeStep step, Tensor state, Tensor? first, long[] shape, double[] thetas, List<Tensor> outputs)
    {
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        int count = inside > 0 ? Math.Max(method.DenseStages, method.EndStage) : method.EndStage;
        var stages = new List<Tensor>(count);
        Tensor? end = null;
        for (int i = 0; i < Math.Max(count, method.EndStage + 1); i++)
        {
            Tensor point = Combine(state, stages, method.A[i], step.Size);
            end = i == method.EndStage ? point : end;
            if (i < count)
            {
                stages.Add(i == 0 && first is not null ? first : term.EvaluateChecked(step.At(method.C[i]), point.view(shape)).reshape(-1));
            }
        }

        double[,] weights = method.DenseWeights(thetas.AsSpan(0, inside), step.Size);
        for (int m = 0; m < inside; m++)
        {
            outputs.Add(Combine(state, stages, [.. Enumerable.Range(0, method.DenseStages).Select(i => weights[m, i])], 1.0));
        }

        if (inside < thetas.Length)
        {
            outputs.Add(end!);
        }

        return (end!, count > method.EndStage ? stages[method.EndStage] : null);
    }

    private static Tensor Combine(Tensor state, List<Tensor> stages, double[] weights, double size)
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
}
