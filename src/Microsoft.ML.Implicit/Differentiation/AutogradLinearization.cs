using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Products by autograd, all on one graph of a single evaluation.</summary>
internal sealed class AutogradLinearization : Linearization
{
    private readonly object _source;
    private readonly Tensor _state;
    private readonly Tensor _value;
    private readonly IReadOnlyList<Tensor> _inputs;
    private (Tensor Cotangent, Tensor Product)? _pullback;

    private AutogradLinearization(object source, Tensor state, Tensor value, IReadOnlyList<Tensor> inputs)
        : base(state)
    {
        _source = source;
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
        return new AutogradLinearization(function, state, function.EvaluateChecked(state, variables), variables);
    }

    public override Tensor ApplyTransposed(Tensor vector) => Pullback(_value, [_state], vector)[0]?.reshape(Rows, Width) ?? zeros_like(vector);

    /// <summary>The pullback u ↦ uᵀ ∂g/∂z is linear in u, so that its own pullback is the pushforward.</summary>
    public override Tensor Apply(Tensor vector)
    {
        _pullback ??= CreatePullback();
        (Tensor cotangent, Tensor product) = _pullback.Value;
        return Pullback(product, [cotangent], vector)[0]?.reshape(Rows, Width) ?? zeros_like(vector);
    }

    public override IReadOnlyList<Tensor?> PullbackInputs(Tensor cotangent)
    {
        var gradients = new Tensor?[_inputs.Count];
        int[] wanted = [.. Enumerable.Range(0, gradients.Length).Where(i => _inputs[i].requires_grad)];
        Tensor?[] found = Pullback(_value, [.. wanted.Select(i => _inputs[i])], cotangent);
        for (int k = 0; k < wanted.Length; k++)
        {
            gradients[wanted[k]] = found[k];
        }

        return gradients;
    }

    // It is kept for further products, in the scope of what it was computed from. TorchSharp loses what is moved to the scope that it is in: hence one of its own.
    private (Tensor Cotangent, Tensor Product) CreatePullback()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor cotangent = zeros_like(_value).detach().requires_grad_();
        Tensor product = GuardedAutograd.DifferentiablePullback(_value, [_state], cotangent)[0] ?? zeros_like(_state);
        return (cotangent.MoveToOtherDisposeScope(_value), product.MoveToOtherDisposeScope(_value));
    }

    private Tensor?[] Pullback(Tensor output, IReadOnlyList<Tensor> variables, Tensor cotangent) =>
        output.requires_grad && variables.Count > 0
            ? GuardedAutograd.Pullback([output], variables, [cotangent.reshape(output.shape)], _source, retainGraph: true)
            : new Tensor?[variables.Count];
}
