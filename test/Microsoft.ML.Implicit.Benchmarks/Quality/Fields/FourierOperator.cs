using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>A Fourier neural operator from a field to that at a later time (Li et al., 2021): four layers of 16 waves, trained by Adam on the relative error.</summary>
internal sealed class FourierOperator : nn.Module<Tensor, Tensor>
{
    private const int Width = 32;
    private const int Modes = 16;
    private const int Layers = 4;
    private const int Batch = 20;
    private const int Steps = 5000;

    private readonly nn.Module<Tensor, Tensor> _lift;
    private readonly SpectralConvolution[] _spectral;
    private readonly nn.Module<Tensor, Tensor>[] _local;
    private readonly nn.Module<Tensor, Tensor> _hidden;
    private readonly nn.Module<Tensor, Tensor> _output;

    public FourierOperator(int seed)
        : base(nameof(FourierOperator))
    {
        random.manual_seed(seed);
        using var generator = new Generator((ulong)seed);
        _lift = nn.Conv1d(2, Width, 1);
        _spectral = [.. Enumerable.Range(0, Layers).Select(_ => new SpectralConvolution(Width, Modes, generator))];
        _local = [.. Enumerable.Range(0, Layers).Select(_ => nn.Conv1d(Width, Width, 1))];
        _hidden = nn.Conv1d(Width, 128, 1);
        _output = nn.Conv1d(128, 1, 1);
        nn.Module<Tensor, Tensor>[] all = [_lift, .. _spectral, .. _local, _hidden, _output];
        for (int i = 0; i < all.Length; i++)
        {
            register_module($"layer{i}", all[i]);
        }
    }

    /// <param name="input">[batch, points].</param>
    public override Tensor forward(Tensor input)
    {
        Tensor places = arange(input.shape[1], ScalarType.Float32, input.device).div(input.shape[1]).expand_as(input);
        Tensor state = _lift.forward(stack([input, places], 1));
        for (int i = 0; i < Layers; i++)
        {
            Tensor next = _spectral[i].forward(state) + _local[i].forward(state);
            state = i < Layers - 1 ? nn.functional.gelu(next) : next;
        }

        return _output.forward(nn.functional.gelu(_hidden.forward(state))).squeeze(1);
    }

    /// <summary>Trains on pairs of fields.</summary>
    public void Train(Tensor inputs, Tensor outputs, int seed)
    {
        using var generator = new Generator((ulong)seed);
        using var optimizer = optim.Adam(parameters(), lr: 1e-3, weight_decay: 1e-4);
        int epochs = (int)Math.Clamp(Steps * Batch / inputs.shape[0], 50, 500);
        var schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs);
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (Tensor rows in randperm(inputs.shape[0], generator: generator).split(Batch))
            {
                using DisposeScope step = NewDisposeScope();
                Tensor places = rows.to(inputs.device), target = outputs.index_select(0, places);
                optimizer.zero_grad();
                Tensor loss = ((forward(inputs.index_select(0, places)) - target).norm(1) / target.norm(1)).mean();
                loss.backward();
                optimizer.step();
            }

            schedule.step();
        }
    }
}
