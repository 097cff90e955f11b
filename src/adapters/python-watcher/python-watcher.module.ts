import { Module } from '@nestjs/common';
import { LineageModule } from '../../features/lineage/lineage.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { AddressLineageController } from './address-lineage.controller.js';
import { AddressLineageService } from './address-lineage.service.js';
import { AddressTypeController } from './address-type.controller.js';
import { AddressController } from './address.controller.js';

/** The endpoints of the older Python service, for its clients as they stand. They are deprecated. */
@Module({
  imports: [IdempotencyModule, LineageModule],
  controllers: [AddressController, AddressLineageController, AddressTypeController],
  providers: [AddressLineageService],
})
export class PythonWatcherModule {}
