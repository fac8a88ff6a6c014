namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trainer for which <c>DistillRows</c> can learn rows, because its minimum is differentiated in them: those of penalised linear models.</summary>
public interface IDistillingTrainer
{
    internal RowDistillation Distill(IDataView data, RowDistillationOptions options);
}
