using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The log density of a flow as one node of autograd's graph.</summary>
internal sealed class NormalizingFlowFunction : autograd.SingleTensorFunction<NormalizingFlowFunction>
{
    private const string StateKey = "state";

    public override string Name => nameof(NormalizingFlowFunction);

    public static Tensor Apply(NormalizingFlow flow, Tensor data) =>
        apply([data, new State(flow, ImplicitBackward.Context), .. flow.parameters()]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var data = (Tensor)vars[0];
        var state = (State)vars[1];
        ctx.save_data(StateKey, state);
        ctx.save_for_backward([data]);
        return state.Flow.LogDensity(data.detach());
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var state = (State)ctx.get_data(StateKey);
        using DisposeScope scope = NewDisposeScope();
        Tensor data = ctx.get_saved_variables()[0].detach();
        TorchSharp.Modules.Parameter[] parameters = [.. state.Flow.parameters()];
        List<Tensor> gradients;
        try
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException($"A second derivative through {nameof(NormalizingFlow)} is not supported: call backward without create_graph.");
            }

            using FlowPass pass = state.Flow.RunExact(data);
            var gathered = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance);
            Tensor dataGradient = pass.Backward(state.Flow.Manifold.BaseScore(pass.Latent) * grad_output.unsqueeze(1), grad_output, null, (parameter, gradient) => gathered.Add(parameter, gradient.DetachFromDisposeScope()));
            gradients = [dataGradient, null!, .. parameters.Select(p => gathered[p])];
        }
#pragma warning disable CA1031 // An exception of any type would end the process if it left this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            state.Context.Fail(exception);
            gradients = [full_like(data, double.NaN.Held()), null!, .. parameters.Select(p => full_like(p, double.NaN.Held()))];
        }

        foreach (Tensor? gradient in gradients)
        {
            gradient?.DetachFromDisposeScope();
        }

        return gradients;
    }

    private sealed record State(NormalizingFlow Flow, BackwardContext Context);
}
