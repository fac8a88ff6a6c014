using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>Mixes the channels of each of the slowest waves by a complex matrix of its own; the others vanish.</summary>
internal sealed class SpectralConvolution : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly Parameter real;
    private readonly Parameter imaginary;
#pragma warning restore IDE1006

    private readonly int _modes;

    public SpectralConvolution(int width, int modes, Generator generator)
        : base(nameof(SpectralConvolution))
    {
        _modes = modes;
        real = new Parameter(rand([width, width, modes], generator: generator) / (width * width));
        imaginary = new Parameter(rand([width, width, modes], generator: generator) / (width * width));
        RegisterComponents();
    }

    /// <param name="input">[batch, width, points].</param>
    public override Tensor forward(Tensor input)
    {
        long points = input.shape[^1];
        Tensor waves = fft.rfft(input).narrow(-1, 0, _modes);
        Tensor mixed = einsum("bik,iok->bok", waves, complex(real, imaginary));
        return fft.irfft(mixed, points);
    }
}
