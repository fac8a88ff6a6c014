using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained latent-ODE forecaster: an ensemble of networks with their units. Safe to use from several threads at once.</summary>
public sealed class LatentOdeModelParameters : ForecastModelParameters
{
    internal LatentOdeModelParameters(ForecastParts parts)
        : base(parts)
    {
    }

    private protected override string Kind => "Latent-ODE";

    internal static LatentOdeModelParameters Read(DocumentReader reader, SeriesColumns columns) =>
        new(ForecastParts.Read(reader, columns, LatentOdeArchitecture.Read(reader.Section("architecture"))));
}
