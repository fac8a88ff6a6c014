using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// Gradients through an event by the implicit function theorem (Chen, Amos, Nickel, Learning neural event functions for
/// ordinary differential equations, 2021): with g(t*, z(t*)) = 0, dt* = -(∂g/∂z dz) / (∂g/∂z f + ∂g/∂t) and dz* = dz + f dt*.
/// </summary>
internal static class EventGradient
{
    /// <summary>Turns gradients of event times and states into gradients of the states at fixed times.</summary>
    /// <param name="solution">A solution with an event.</param>
    /// <param name="timeGradients"><c>[batch]</c>, or <see langword="null"/> for zero.</param>
    /// <param name="stateGradients"><c>[batch, ...]</c>, or <see langword="null"/> for zero.</param>
    /// <returns><c>[batch, n]</c>; zero for rows without an event.</returns>
    public static Tensor AtFixedTimes(OdeSolution solution, Tensor? timeGradients, Tensor? stateGradients)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor state = solution.EventStates!.nan_to_num(0, 0, 0);
        double[] eventTimes = [.. solution.EventTimes!.Select(t => double.IsNaN(t) ? 0 : t)];
        Tensor occurred = tensor(solution.EventTimes!.Select(t => !double.IsNaN(t)).ToArray(), ScalarType.Bool, state.device);
        Tensor slope = solution.Scheme.Evaluate(eventTimes, state).reshape(state.shape[0], -1);
        (Tensor byState, Tensor byTime) = Differentiate(solution.Scheme.Event!, tensor(eventTimes, state.dtype, state.device), state);
        Tensor rate = (byState * slope).sum(dim: 1).Plus(byTime);
        Tensor direct = stateGradients is null ? zeros_like(slope) : stateGradients.detach().to(state.dtype, state.device).reshape(slope.shape);
        Tensor ofTime = (direct * slope).sum(dim: 1);
        if (timeGradients is not null)
        {
            ofTime = ofTime.Plus(timeGradients.detach().to(state.dtype, state.device));
        }

        Tensor total = direct - (byState * (ofTime / rate).unsqueeze(1));
        return where(occurred.unsqueeze(1), total, zeros_like(total)).MoveToOuterDisposeScope();
    }

    private static (Tensor ByState, Tensor ByTime) Differentiate(OdeEvent stopEvent, Tensor times, Tensor state)
    {
        using IDisposable grad = enable_grad();
        Tensor t = times.detach().requires_grad_();
        Tensor z = state.detach().requires_grad_();
        Tensor values = stopEvent.Evaluate(t, z);
        Tensor?[] gradients = values.requires_grad ? GuardedAutograd.Pullback([values], [z, t], [ones_like(values)], "the event function") : [null, null];
        return ((gradients[0] ?? zeros_like(z)).reshape(z.shape[0], -1), gradients[1] ?? zeros_like(t));
    }
}
