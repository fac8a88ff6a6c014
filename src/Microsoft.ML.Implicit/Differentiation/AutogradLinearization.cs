using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Products by autograd, all on one graph of a single evaluation.</summary>
internal sealed class AutogradLinearization : Linearization
{
    private readonly Tensor _state;
    private readonly Tensor _value;
    private readonly IReadOnlyList<Tensor> _inputs;
    private (Tensor Cotangent, Tensor Product)? _pullback;

    private AutogradLinearization(Tensor state, Tensor value, IReadOnlyList<Tensor> inputs)
        : base(state)
    {
        _state = state;
        _value = value;
        _inputs = inputs;
    }

    public override Tensor Value => _value.detach().reshape(Rows, Width);

    public static AutogradLinearization Create(IDifferentiableFunction function, Tensor z, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable graph = enable_grad();
        Tensor state = z.detach().requires_grad_();
        Tensor[] variables = FunctionInputs.Detached(inputs);
        return new AutogradLinearization(state, FunctionValues.Evaluate(function, state, variables), variables);
    }

    public override Tensor ApplyTransposed(Tensor vector) =>
        Gradient(_value, _state, vector.reshape(_value.shape))?.reshape(Rows, Width) ?? zeros_like(vector);

    /// <summary>The pullback u ↦ uᵀ ∂g/∂z is linear in u, so that its own pullback is the pushforward.</summary>
    public override Tensor Apply(Tensor vector)
    {
        _pullback ??= CreatePullback();
        (Tensor cotangent, Tensor product) = _pullback.Value;
        return Gradient(product, cotangent, vector.reshape(_state.shape))?.reshape(Rows, Width) ?? zeros_like(vector);
    }

    public override IReadOnlyList<Tensor?> PullbackInputs(Tensor cotangent)
    {
        var gradients = new Tensor?[_inputs.Count];
        int[] wanted = [.. Enumerable.Range(0, gradients.Length).Where(i => _inputs[i].requires_grad)];
        if (wanted.Length > 0 && _value.requires_grad)
        {
            IList<Tensor> found = autograd.grad([_value], [.. wanted.Select(i => _inputs[i])], [cotangent.reshape(_value.shape)], retain_graph: true, allow_unused: true);
            for (int k = 0; k < wanted.Length; k++)
            {
                gradients[wanted[k]] = found[k] is { IsInvalid: false } gradient ? gradient : null;
            }
        }

        return gradients;
    }

    // It is kept for further products, in the scope of what it was computed from.
    private (Tensor Cotangent, Tensor Product) CreatePullback()
    {
        using IDisposable graph = enable_grad();
        Tensor cotangent = zeros_like(_value).detach().requires_grad_();
        Tensor product = autograd.grad([_value], [_state], [cotangent], retain_graph: true, create_graph: true, allow_unused: true)[0];
        product = product.IsInvalid ? zeros_like(_state) : product;
        return (cotangent.MoveToOtherDisposeScope(_value), product.MoveToOtherDisposeScope(_value));
    }

    private static Tensor? Gradient(Tensor output, Tensor input, Tensor cotangent)
    {
        Tensor? gradient = output.requires_grad ? autograd.grad([output], [input], [cotangent], retain_graph: true, allow_unused: true)[0] : null;
        return gradient is null || gradient.IsInvalid ? null : gradient;
    }
}
