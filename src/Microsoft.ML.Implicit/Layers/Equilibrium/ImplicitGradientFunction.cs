using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// The identity on f(z*, x) whose backward pass replaces an incoming gradient w by the solution u of the adjoint
/// equation; autograd then carries u through the one evaluation f(z*, x).
/// </summary>
internal sealed class ImplicitGradientFunction : autograd.SingleTensorFunction<ImplicitGradientFunction>
{
    private const string StateKey = "state";

    public override string Name => nameof(ImplicitGradientFunction);

    public static Tensor Attach(DeepEquilibrium layer, Tensor image, Tensor z, Injection injection) =>
        apply(image, new State(layer, z, injection, ImplicitBackward.Context));

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var state = (State)vars[1];
        ctx.save_data(StateKey, state with { Z = null, Injection = null, SharedCount = state.Injection!.Shared.Count });
        ctx.save_for_backward([state.Z!, .. state.Injection!.Shared, .. state.Injection.Rows]);
        return ((Tensor)vars[0]).clone();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var state = (State)ctx.get_data(StateKey);
        try
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException("A second derivative through DeepEquilibrium is not supported: call backward without create_graph.");
            }

            using DisposeScope scope = NewDisposeScope();
            List<Tensor> saved = ctx.get_saved_variables();
            var injection = new Injection([.. saved.Skip(1 + state.SharedCount)], [.. saved.Skip(1).Take(state.SharedCount)]);
            CellLinearization linearization = state.Layer.Linearize(saved[0].detach(), injection.Detach());
            Tensor adjoint = state.Layer.SolveAdjoint(linearization, grad_output, default).Solution;
            return [state.Context.Return(adjoint), null!];
        }
#pragma warning disable CA1031 // An exception of any type would end the process if it left this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            state.Context.Fail(exception);
            return [state.Context.Return(full_like(grad_output, double.NaN.Held())), null!];
        }
    }

    private sealed record State(DeepEquilibrium Layer, Tensor? Z, Injection? Injection, BackwardContext Context)
    {
        public int SharedCount { get; init; }
    }
}
