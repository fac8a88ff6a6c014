using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>Repeats the accepted steps of a solve with an autograd graph through all of them.</summary>
internal static class Backpropagation
{
    /// <summary>Differentiates the repeated steps.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="scheme">Its scheme.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first time, <c>[n]</c>, without the direct contribution of the first output.</returns>
    public static Tensor Run(OdeSolution solution, StepScheme scheme, Tensor cotangents, Tensor parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = solution.States[0].clone().requires_grad_();
        if (solution.Trace!.Steps.Count == 0)
        {
            return zeros_like(cotangents[0]).MoveToOuterDisposeScope();
        }

        scheme.EnsureFollowed(solution.StartTimes, start);
        Tensor states;
        using (enable_grad())
        {
            states = Replay(solution, scheme, start).narrow(0, 1, cotangents.shape[0] - 1);
        }

        IReadOnlyList<Tensor> parameters = scheme.Parameters!;
        List<Tensor> inputs = [start, .. parameters.Where(p => p.requires_grad)];
        Tensor?[] gradients = GuardedAutograd.Pullback([states], inputs, [cotangents.narrow(0, 1, states.shape[0]).view(states.shape)], scheme.Term);
        FlatGradient.Add(parameterGradient, parameters, gradients, 1);
        return (gradients[0] ?? zeros_like(start)).reshape(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Throws where autograd does not follow the evaluation of a right-hand side.</summary>
    /// <exception cref="InvalidOperationException">It does not, and the derivative is not zero.</exception>
    public static void EnsureFollowed(IDifferentiableOdeTerm term, double time, Tensor start)
    {
        // A value outside autograd is right where the dynamics are constant; elsewhere gradients would be wrong without a word.
        if (IsFollowed(term, time, start))
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor parameterGradient = zeros(term.Parameters.Sum(p => p.numel()), start.dtype, start.device);
        using OdeLinearization linearization = term.LinearizeChecked(time, start.detach());
        Tensor gradient = linearization.PullbackChecked(HeldArithmetic.Range(1, start.numel() + 1, start.device).to(start.dtype).view(start.shape), parameterGradient);
        if (gradient.count_nonzero().item<long>() + parameterGradient.count_nonzero().item<long>() > 0)
        {
            throw new InvalidOperationException(
                $"The dynamics' {nameof(IOdeTerm.Evaluate)} is not followed by autograd: use {nameof(OdeGradientMethod.CheckpointedAdjoint)}, which asks for vector-Jacobian products only.");
        }
    }

    /// <summary>Whether autograd follows the evaluation of a right-hand side.</summary>
    public static bool IsFollowed(IDifferentiableOdeTerm term, double time, Tensor start)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        return term.EvaluateChecked(time, start).requires_grad;
    }

    /// <summary>Repeats the accepted steps of a solve without an event.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="scheme">Its scheme, perhaps with other parameters.</param>
    /// <param name="start">Its initial state, <c>[batch, ...]</c>.</param>
    /// <returns>States at all times, <c>[times, batch, ...]</c>.</returns>
    public static Tensor Replay(OdeSolution solution, StepScheme scheme, Tensor start)
    {
        int clocks = solution.Times.Count;
        using StepReplay replay = scheme.CreateReplay(solution.Options, start);
        Tensor state = start.reshape(-1);
        Tensor rows = state.view(clocks, -1);
        (long[] repeated, long[] repeating) = RepeatedTimes.Find(solution.Times);
        List<long> places = [.. Enumerable.Range(0, clocks), .. repeated];
        List<Tensor> values = [rows, rows.index_select(0, tensor(repeating, device: start.device))];
        foreach (StepRecord steps in solution.Trace!.Steps)
        {
            solution.Options.CancellationToken.ThrowIfCancellationRequested();
            places.AddRange(steps.Places(clocks));
            state = replay.Take(steps, state, values);
        }

        Tensor outputs = zeros([solution.Times[0].Length * clocks, rows.shape[1]], start.dtype, start.device);
        return outputs.index_copy(0, tensor(places.ToArray(), device: start.device), cat(values)).view([-1, .. start.shape]);
    }
}
